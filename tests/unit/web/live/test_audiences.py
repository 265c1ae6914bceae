from __future__ import annotations

from typing import Any, cast

import pytest

from app.web.live.audiences import Audiences


class Subscriber:
    """One who had all up to a cursor."""

    def __init__(self, last: str) -> None:
        self.last = last


class Audience:
    """Subscribers who are told the same; the last change that was told may be behind what is `reached`."""

    def __init__(self, reached: str, *subscribers: Subscriber) -> None:
        self.asked = self
        self.key = "what they ask"
        self.reached = reached
        self.subscribers = set(subscribers)

    def join(self, subscriber: Subscriber) -> None:
        """As the product's."""
        self.subscribers.add(subscriber)


@pytest.mark.parametrize(("last", "then"), [("1", "2"), ("2", "2"), ("3", "3")])
def test_who_joins_others_is_told_of_nothing_that_it_has_had(last: str, then: str) -> None:
    audiences: Any = Audiences(cast("Any", None))
    subscriber = Subscriber(last)
    live, resumed = Audience("1"), Audience("2", subscriber)
    assert not audiences._caught_up(live)
    assert audiences._caught_up(resumed)
    assert (live.subscribers, subscriber.last) == ({subscriber}, then)


def test_who_is_behind_others_does_not_join_them_yet() -> None:
    audiences: Any = Audiences(cast("Any", None))
    subscriber = Subscriber("1")
    live, resumed = Audience("2"), Audience("1", subscriber)
    assert not audiences._caught_up(live)
    assert not audiences._caught_up(resumed)
    assert resumed.subscribers == {subscriber}
