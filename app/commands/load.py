"""`load`: the valid resources of files into the store; what is refused into a file of its own, with what to correct."""

from __future__ import annotations

import asyncio
import gc
import os
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final

from app.access.principal import Principal, PrincipalRepository
from app.commands.files import Reading, files_in, identity_of, is_history, size_of
from app.commands.load_totals import Mark, Totals, show_totals, totals_line
from app.commands.progress import progress_bar
from app.commands.rejects import Rejects
from app.commands.report import show_findings, terminal_language
from app.commands.store import opened
from app.errors import StoreUnavailable
from app.intake.load import load, load_unpacked
from app.main import rules_of
from app.upkeep.restoring import restore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.commands.files import File
    from app.commands.progress import Bar
    from app.intake.load import Loaded
    from app.intake.verdict import Rules
    from app.settings import Settings
    from app.store.repository import Repository

AUTHOR: Final = "dmi-graph load"
NOTED: Final = 2_000
"""Resources after which it is noted how far the load is."""

TOLD: Final = 100
"""Resources after which the progress bar is told."""

SHOWN: Final = 20
"""Resources whose findings are printed; those of all that were refused are in the file of rejects."""

RARELY: Final = 200_000
"""New objects after which Python looks for cycles: https://docs.python.org/3/library/gc.html#gc.set_threshold"""

STOPPED: Final = 3
"""The exit code of a load that could not be finished."""

_EARLIER: Final = {
    "en": "An earlier load of these files was interrupted after {done} resources; --resume goes on from there.",
    "fr": "Un chargement précédent de ces fichiers a été interrompu après {done} ressources ; --resume le reprend là.",
}
_FINISHED: Final = {
    "en": "An earlier load of these files came to its end after {done} resources. To load them again, leave out "
    "--resume.",
    "fr": "Un chargement précédent de ces fichiers est allé à son terme, après {done} ressources. Pour les recharger, "
    "omettez --resume.",
}
_RESUMED: Final = {"en": "Going on after {done} resources.", "fr": "Reprise après {done} ressources."}
_REJECTS: Final = {
    "en": "What was refused is in {path}, with what to correct. It holds patient data.",
    "fr": "Ce qui a été refusé est dans {path}, avec ce qu’il faut corriger. Ce fichier contient des données patient.",
}
_REPEAT: Final = {
    "en": "The load stopped after {done} resources, all of which are dealt with. Repeat it with --resume.",
    "fr": "Le chargement s’est arrêté après {done} ressources, toutes traitées. Relancez-le avec --resume.",
}


@dataclass(frozen=True, slots=True)
class Options:
    """How to load: see the options of the command."""

    rejects: Path
    resume: bool = False
    unpack: bool = False
    as_json: bool = False


def run(settings: Settings, paths: Sequence[Path], options: Options) -> int:
    """`load_files`, in a process that does nothing else."""
    # What is loaded has no cycles. To look for them as often as Python does would cost a tenth of the time.
    gc.freeze()
    gc.set_threshold(RARELY)
    return asyncio.run(load_files(settings, paths, options))


async def load_files(settings: Settings, paths: Sequence[Path], options: Options) -> int:
    """Store the valid resources of the files. The exit code: 0 where nothing was refused, 1 where something was, 3
    where the store went away before the end."""
    rules, language = rules_of(settings), terminal_language(os.environ)
    files = files_in(paths, without=options.rejects)
    identity = identity_of(files)
    begun = monotonic()
    async with opened(settings, new=True) as store:
        with Rejects(options.rejects, language) as rejects, progress_bar(size_of(files)) as bar:
            work = _Work(store, rules, rejects, bar, language, Mark(store, identity and f"{identity}{options.unpack}"))
            await work.begin(resume=options.resume)
            before = work.totals.done
            try:
                if not work.totals.finished:
                    await work.run(files, unpack=options.unpack)
            except StoreUnavailable as error:
                bar.console.print(f"{error.en}\n{error.fr}", markup=False)
                bar.console.print(_REPEAT[language].format(done=work.totals.done))
                return STOPPED
    refused = work.totals.sums()["refused"]
    seconds = monotonic() - begun
    if options.as_json:
        print(totals_line(work.totals, seconds, str(options.rejects) if refused else None))  # noqa: T201 - the answer
    if refused:
        bar.console.print(_REJECTS[language].format(path=options.rejects), markup=False, soft_wrap=True)
    show_totals(bar.console, work.totals, seconds, work.totals.done - before, language)
    return 1 if refused else 0


class _Work:
    """A load on its way: what is done, and who is told."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that a load works with
        self, store: Repository, rules: Rules, rejects: Rejects, bar: Bar, language: str, mark: Mark
    ) -> None:
        self._store = store
        self._rules = rules
        self._rejects = rejects
        self._bar = bar
        self._language = language
        self._mark = mark
        self._noted = self._shown = self._before = 0
        self.totals = Totals()

    async def begin(self, *, resume: bool) -> None:
        """Find out what is done already. Raises RequestError where that cannot be known."""
        earlier = await (self._mark.resumed() if resume else self._mark.found())
        if earlier and earlier.done and (resume or not earlier.finished):
            told = _FINISHED if earlier.finished else _RESUMED if resume else _EARLIER
            self._bar.console.print(told[self._language].format(done=earlier.done))
        if resume and earlier:
            self.totals = earlier
            self._rejects.cut(earlier.rejects)
        self._noted = self._before = self.totals.done

    async def run(self, files: Sequence[File], *, unpack: bool) -> None:
        """Load what is not done yet: the resources, then the histories."""
        plain = Reading([file for file in files if not is_history(file.path)])
        writer = PrincipalRepository(self._store, Principal(AUTHOR))
        sent = islice(plain, self.totals.resources, None)
        loading = load_unpacked(self._rules, writer, sent) if unpack else load(self._rules, writer, sent)
        async for loaded in loading:
            self.totals.resources += 1
            self._count(loaded)
            await self._tell(plain.position)
        histories = Reading([file for file in files if is_history(file.path)])
        lines = islice(histories, self.totals.histories, None)
        async for restored in restore(self._rules, self._store, lines):
            for loaded in restored.refused:
                self._count(loaded)
            for type_name, number in restored.changed.items():
                self.totals.count(type_name, stored=number)
            for type_name, number in restored.same.items():
                self.totals.count(type_name, same=number)
            self.totals.histories += restored.lines
            await self._tell(plain.position + histories.position)
        self.totals.finished = True
        await self._note()

    def _count(self, loaded: Loaded) -> None:
        refused, warned = loaded.refused, bool(loaded.issues)
        same = not (refused or loaded.changed)
        self.totals.count(loaded.type, stored=loaded.changed, same=same, refused=refused, warned=warned and not refused)
        if refused:
            self._rejects.add(loaded)
        if warned and self._shown < SHOWN:
            self._shown += 1
            show_findings(self._bar.console, loaded.source, loaded.issues, self._language)

    async def _tell(self, position: int) -> None:
        if self.totals.done % TOLD == 0 or self.totals.histories:
            self._bar.at(position, self.totals.done - self._before)
        if self.totals.done - self._noted >= NOTED:
            await self._note()

    async def _note(self) -> None:
        self._noted = self.totals.done
        self.totals.rejects = self._rejects.flushed()
        await self._mark.note(self.totals)
