"""A clock for stores under test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Noon of a day, and a second more each time it is asked; `skip` makes it later, or earlier, by some seconds."""

    def __init__(self) -> None:
        self.now = datetime(2024, 2, 29, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment, after which it is a second later."""
        moment = self.now
        self.skip(1)
        return moment

    def skip(self, seconds: float) -> None:
        """Go on, or back."""
        self.now += timedelta(seconds=seconds)


def noon(seconds: int = 0) -> str:
    """The instant so many seconds after the first moment of a clock."""
    return f"2024-02-29T12:{seconds // 60:02}:{seconds % 60:02}.000Z"
