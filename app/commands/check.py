"""`check`: is the store whole; what is wrong is a line each, and `--repair` makes search values anew."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from app.commands.progress import progress_bar
from app.commands.report import terminal_language
from app.commands.store import opened, opened_embedded
from app.errors import StoreUnavailable
from app.fhir.json import encode
from app.fhir.served import SERVED
from app.search.algebra import And
from app.stores import embedded_store_of, is_embedded
from app.upkeep.checking import dangling, kept_well

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.errors import Issue
    from app.settings import Settings
    from app.store.repository import Repository
    from app.upkeep.checking import Fault, Problem

_TOLD: Final[Mapping[Problem, tuple[str, str]]] = {
    "unreadable": (
        "cannot be read; restore it from a backup",
        "est illisible ; restaurez-la depuis une sauvegarde",
    ),
    "search-values": (
        "is not found by what it holds; --repair mends it",
        "n’est pas trouvée par son contenu ; --repair le corrige",
    ),
    "history": (
        "has a history with gaps; restore it from a backup",
        "a un historique incomplet ; restaurez-la depuis une sauvegarde",
    ),
    "keys": (
        "shares an identifier that only one resource may have, or is deleted and has one; update one of them",
        "partage un identifiant qu’une seule ressource peut avoir, ou en a un bien que supprimée ; "
        "modifiez l’une d’elles",
    ),
    "reference": (
        "refers to a resource that is not here; store that one, or correct the reference",
        "désigne une ressource absente ; enregistrez-la, ou corrigez la référence",
    ),
}
_REPAIRED: Final = ("was not found by what it holds; repaired", "n’était pas trouvée par son contenu ; corrigé")
_CLOSING: Final = {
    "en": "{resources} resources looked through: {wrong} faults, {repaired} repaired.",
    "fr": "{resources} ressources examinées : {wrong} défauts, {repaired} corrigés.",
}


SHOWN: Final = 100
"""Faults that are listed for people; all of them with `--format json`."""

_MORE: Final = {
    "en": "{more} more are not listed; --format json lists all.",
    "fr": "{more} autres ne sont pas listés ; --format json les liste tous.",
}


async def check(settings: Settings, *, repair: bool, as_json: bool) -> int:
    """Look through the store, and the file of an embedded one. The exit code: 1 where something is wrong."""
    report = _Report(terminal_language(os.environ), as_json=as_json)
    async with contextlib.AsyncExitStack() as stack:
        if is_embedded(settings):
            try:
                file = await stack.enter_async_context(opened_embedded(settings))
            except StoreUnavailable:
                if not await _is_told_of_file(settings, report):
                    raise
                return 1
            store: Repository = file
            for issue in await file.check_file():
                report.tell_file(issue)
        else:
            store = await stack.enter_async_context(opened(settings))
        total = sum([await store.count(name, And()) for name in SERVED])
        with progress_bar(total) as bar:
            for name in SERVED:
                async for faults in kept_well(store, name, repair=repair):
                    report.tell(faults)
                if settings.references != "ignore":
                    async for number, faults in dangling(store, name, settings.base_url):
                        report.resources += number
                        report.tell(faults)
                        bar.at(report.resources, report.resources)
    told = {"resources": f"{total:,}", "wrong": report.wrong, "repaired": report.repaired}
    if not as_json and report.wrong + report.repaired > SHOWN:
        bar.console.print(_MORE[report.language].format(more=report.wrong + report.repaired - SHOWN))
    bar.console.print(_CLOSING[report.language].format(**told))
    return 1 if report.wrong else 0


async def _is_told_of_file(settings: Settings, report: _Report) -> bool:
    """Tell what is wrong with a file that is so damaged that it cannot be opened; whether it is that."""
    store = embedded_store_of(settings)
    for issue in await store.check_file() if store else ():
        report.tell_file(issue)
    return report.wrong > 0


class _Report:
    """Tells faults on standard output as they are found, and counts them."""

    def __init__(self, language: str, *, as_json: bool) -> None:
        self.language = language
        self.wrong = self.repaired = self.resources = 0
        self._as_json = as_json

    def tell(self, faults: Sequence[Fault]) -> None:
        """Of resources."""
        for fault in faults:
            self.wrong += not fault.repaired
            self.repaired += fault.repaired
            text = _REPAIRED if fault.repaired else _TOLD[fault.problem]
            place = f"{fault.type}/{fault.id}"
            self._line(asdict(fault), f"{place} {fault.path}".rstrip() + f": {text[self.language == 'fr']}")

    def tell_file(self, issue: Issue) -> None:
        """Of the file of an embedded store."""
        self.wrong += 1
        text = issue.fr if self.language == "fr" else issue.en
        self._line({"type": "", "id": "", "problem": "file", "text": text}, text)

    def _line(self, told: Mapping[str, object], text: str) -> None:
        if self._as_json or self.wrong + self.repaired <= SHOWN:
            print(encode(told).decode() if self._as_json else text)  # noqa: T201 - the answer
