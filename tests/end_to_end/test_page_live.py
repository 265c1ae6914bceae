"""What the page shows by itself while procedures are stored: in a real browser, in front of the real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.node import needs_browser, seen_by
from tests.end_to_end.processes import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

CARRYING = '{ ImplantRecall(lot: "RPG23029001", first: 1) { edges { node { procedure { id } } } } }'


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    needs_browser()
    with serving(DMI_STORE=f"embedded:{tmp_path_factory.mktemp('store')}") as server:
        carrying = server.ask(CARRYING)["data"]["ImplantRecall"]["edges"][0]["node"]["procedure"]["id"]
        yield {**seen_by("live.mjs", server.url, carrying), "carrying": carrying}


def test_the_policy_lets_the_socket_through_and_nothing_else_is_asked_for(seen: dict[str, Any]) -> None:
    assert (seen["violations"], seen["foreign"]) == ([], [])


def test_a_procedure_that_is_created_appears_with_its_figures(seen: dict[str, Any]) -> None:
    page = seen["pages"]["live"]
    assert page["first"] == page["id"]
    assert "completed" in page["created"]
    assert page["counted"] == 1


def test_after_an_interruption_nothing_is_missing(seen: dict[str, Any]) -> None:
    page = seen["pages"]["liveInterrupted"]
    assert page["state"].startswith("Pas en direct")
    assert page["after"].startswith("En direct")
    first, second = page["subscribed"]
    assert first is None
    assert second


@pytest.mark.parametrize("page", ["live", "liveInterrupted"])
def test_axe_finds_no_serious_fault_in_what_appeared(seen: dict[str, Any], page: str) -> None:
    assert seen["pages"][page]["faults"] == []


def test_without_sockets_the_page_says_so_and_asks(seen: dict[str, Any]) -> None:
    assert seen["pages"]["liveRefused"]["state"].startswith("Not live")


def test_a_subscription_of_the_playground_shows_what_happens(seen: dict[str, Any]) -> None:
    event = seen["pages"]["livePlayground"]["event"].replace("\xa0", " ")
    assert '"operation": "update"' in event
    assert seen["carrying"] in event
