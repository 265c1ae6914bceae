"""`recall`: the table of a recall on standard output."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from app.commands.report import terminal_language
from app.commands.store import opened
from app.recall.criteria import criteria_of
from app.recall.csv import recall_csv, separator_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.settings import Settings


async def print_recall(settings: Settings, arguments: Mapping[str, Sequence[str]], separator: str) -> None:
    """Write the CSV, piece by piece. Raises DmiError; a table that is cut short ends with exit code 1 and says so."""
    criteria = criteria_of(arguments)
    pieces = (criteria, settings.base_url, terminal_language(os.environ), separator_of([separator]))
    async with opened(settings) as store:
        async for piece in recall_csv(store, *pieces):
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
