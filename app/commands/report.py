"""How findings are shown on a terminal, or as JSON for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.fhir.json import encode
from app.fhir.outcome import operation_outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.errors import Issue

_COLOURS: Final = {"fatal": "red", "error": "red", "warning": "yellow", "information": "blue"}


def terminal() -> Console:
    """Standard error, in colour where it is a terminal."""
    return Console(stderr=True, highlight=False)


def terminal_language(environment: Mapping[str, str]) -> str:
    """The language of the locale: "fr" for French, else "en"."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "fr" if locale.lower().startswith("fr") else "en"


def show_findings(console: Console, source: str, issues: Sequence[Issue], language: str) -> None:
    """A table of the findings of one resource; nothing where there is none."""
    if not issues:
        return
    table = Table(title=escape(source), title_justify="left", box=None, padding=(0, 2, 0, 0), show_header=False)
    for issue in issues:
        colour = _COLOURS[issue.severity]
        text = issue.fr if language == "fr" else issue.en
        table.add_row(f"[{colour}]{issue.severity}[/]", escape(text))
    console.print(table)


def verdict_line(source: str, issues: Sequence[Issue], language: str, *, valid: bool) -> str:
    """The verdict on one resource as a line of JSON: {"source", "valid", "outcome"}."""
    outcome = operation_outcome(issues, language)
    return encode({"source": source, "valid": valid, "outcome": outcome}).decode()
