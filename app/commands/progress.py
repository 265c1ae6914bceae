"""A progress bar with rate and time left on a terminal, and nothing elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.commands.report import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator


class Bar:
    """The bar, to be told how far the work is; `console` prints above it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._begun = monotonic()
        self.console = progress.console

    def at(self, done: float, number: int) -> None:
        """So much of the total is done, which were so many resources since the beginning."""
        rate = number / max(monotonic() - self._begun, 0.001)
        self._progress.update(self._task, completed=done, description=f"{number:,} · {rate:,.0f}/s")

    def share(self, done: float) -> None:
        """So much of the total is done."""
        self._progress.update(self._task, completed=done)


@contextmanager
def progress_bar(total: float | None) -> Iterator[Bar]:
    """A bar up to a total, or one that only moves where that is not known; removed in the end."""
    console = terminal()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress, progress.add_task("", total=total))
