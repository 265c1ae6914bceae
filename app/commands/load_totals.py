"""What a load has done so far: counted by type, noted in the store so that it can be resumed, shown in the end."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from rich.markup import escape
from rich.table import Table

from app.errors import RequestError
from app.fhir.json import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from app.intake.ledger import Ledger

HOLDER: Final = "dmi-graph load"
REMEMBERED: Final = 30 * 86_400.0
"""Seconds for which a load that was interrupted can be resumed."""

COUNTED: Final = ("stored", "same", "refused", "warned")
_HEADS: Final = {
    "en": ("type", "stored", "already there", "refused", "with warnings"),
    "fr": ("type", "enregistrées", "déjà présentes", "refusées", "avec avertissements"),
}
_UNNAMED: Final = {"en": "(no resource)", "fr": "(pas une ressource)"}
_CLOSING: Final = {
    "en": "{stored} stored, {same} already there, {refused} refused.",
    "fr": "{stored} enregistrées, {same} déjà présentes, {refused} refusées.",
}


@dataclass(slots=True)
class Totals:
    """How many resources of each type were stored, were there already, were refused, had warnings; how many texts of
    resources and of histories that were, and the sizes of the files of rejects then; whether it was all."""

    types: dict[str, dict[str, int]] = field(default_factory=dict)
    resources: int = 0
    histories: int = 0
    rejects: dict[str, int] = field(default_factory=dict)
    finished: bool = False

    @property
    def done(self) -> int:
        """All texts."""
        return self.resources + self.histories

    def count(self, type_name: str, **numbers: int) -> None:
        """Add to what is counted of a type; the names are those of COUNTED."""
        counts = self.types.setdefault(type_name, dict.fromkeys(COUNTED, 0))
        for name, number in numbers.items():
            counts[name] += number

    def sums(self) -> Mapping[str, int]:
        """What is counted, of all types together."""
        return {name: sum(counts[name] for counts in self.types.values()) for name in COUNTED}


class Mark:
    """How far the load of some files is, noted in the ledger of the store it goes to: a store that is made anew has
    none. That it came to its end is noted too: whoever was killed right then need not begin anew.

    `identity` tells the files; None: of these nothing can be noted, such as standard input."""

    def __init__(self, ledger: Ledger, identity: str | None) -> None:
        self._ledger = ledger
        self._name = f"load:{identity}" if identity else None

    async def found(self) -> Totals | None:
        """What was noted; None where nothing was."""
        if self._name is None:
            return None
        answer = (await self._ledger.reserve(self._name, HOLDER, REMEMBERED)).answer
        return Totals(**decode(answer)) if answer else None

    async def resumed(self) -> Totals:
        """What was noted, or the beginning. Raises RequestError where nothing can be."""
        if self._name is None:
            raise RequestError(
                "A load from standard input or a pipe cannot be resumed. Load a file, or leave out --resume: what is "
                "stored already is not stored twice.",
                "Un chargement depuis l’entrée standard ou un tube ne peut pas être repris. Chargez un fichier, ou "
                "omettez --resume : ce qui est déjà enregistré ne l’est pas deux fois.",
            )
        return await self.found() or Totals()

    async def note(self, totals: Totals) -> None:
        """Everything that is counted is stored."""
        if self._name is not None:
            await self._ledger.settle(self._name, HOLDER, encode(asdict(totals)).decode())


def show_totals(console: Console, totals: Totals, seconds: float, done: int, language: str) -> None:
    """A table by type, the rate of what was done in those seconds, and the closing line."""
    if totals.types:
        table = Table(*_HEADS[language], box=None, padding=(0, 2, 0, 0))
        for column in table.columns[1:]:
            column.justify = "right"
        for type_name, counts in sorted(totals.types.items()):
            table.add_row(escape(type_name or _UNNAMED[language]), *(f"{counts[name]:,}" for name in COUNTED))
        console.print(table)
    console.print(f"{seconds:.1f} s, {done / max(seconds, 0.001):,.0f}/s")
    console.print(_CLOSING[language].format(**totals.sums()))


def totals_line(totals: Totals, seconds: float, rejects: str | None) -> str:
    """The same as a line of JSON for other programs."""
    told: dict[str, Any] = {**totals.sums(), "types": totals.types, "seconds": round(seconds), "rejects": rejects}
    return encode(told).decode()
