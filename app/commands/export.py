"""`export`: the store as it is at one moment, a file of NDJSON for each type, in a folder that only its owner may read.

`export.state` in the folder tells how far it is, so that an export that was interrupted goes on, at the same moment:

    {"moment": "2024-05-06T07:08:09.123Z", "since": "", "history": false, "gzip": false, "finished": false,
     "types": {"Procedure": {"resources": 812, "deleted": 3, "bytes": 1048576, "after": "p-812", "finished": true}}}
"""

from __future__ import annotations

import gzip
import os
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final

from rich.table import Table

from app.commands.progress import progress_bar
from app.commands.report import terminal_language
from app.commands.store import opened
from app.errors import MalformedJson, RequestError
from app.fhir.dates import InvalidDate, date_bounds
from app.fhir.json import decode, encode, indented
from app.fhir.served import SERVED
from app.search.algebra import And
from app.store.version import instant
from app.upkeep import history_line
from app.upkeep.history_line import history_line as line_of
from app.upkeep.snapshot import parts, present_moment

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from app.settings import Settings
    from app.store.repository import Repository, Version
    from app.upkeep.snapshot import Part

STATE: Final = "export.state"
_PART: Final = f"{STATE}.part"
_HEADS: Final = {"en": ("type", "exported", "deleted"), "fr": ("type", "exportées", "supprimées")}
_CLOSING: Final = {
    "en": "{resources} exported as they were at {moment}. The next export may begin there: --since {moment}",
    "fr": "{resources} exportées dans leur état à {moment}. L’export suivant peut partir de là : --since {moment}",
}
_RESUMED: Final = {
    "en": "Going on with the export of {moment}.",
    "fr": "Reprise de l’export du {moment}.",
}


@dataclass(slots=True)
class Exported:
    """How far the file of a type is: the bytes that are whole, and the id up to which they go."""

    resources: int = 0
    deleted: int = 0
    bytes: int = 0
    after: str = ""
    finished: bool = False


@dataclass(slots=True)
class State:
    """An export: of which moment, in what form, and how far it is."""

    moment: str
    since: str
    history: bool
    gzip: bool
    finished: bool = False
    types: dict[str, Exported] = field(default_factory=dict)

    def resources(self) -> int:
        """How many are exported, of all types."""
        return sum(each.resources for each in self.types.values())

    def same_form(self, other: State) -> bool:
        """Whether both were asked for with the same options."""
        return (self.since, self.history, self.gzip) == (other.since, other.history, other.gzip)


async def export(
    settings: Settings, folder: Path, *, since: str = "", history: bool = False, packed: bool = False
) -> None:
    """Write the export to a folder, or go on with it. Raises RequestError where the folder has something else."""
    language, later_than = terminal_language(os.environ), _instant(since)
    async with opened(settings) as store:
        state = State(await present_moment(store), later_than, history, packed)
        found = _begun(folder)
        if found and not state.same_form(found):
            raise _other_options(folder)
        state = found or state
        _note(folder, state)
        total = sum([await store.count(name, And()) for name in SERVED])
        before = state.resources()
        with progress_bar(total) as bar:
            if found:
                bar.console.print(_RESUMED[language].format(moment=state.moment))
            for name in SERVED:
                async for _ in _export_type(store, folder, state, name):
                    bar.at(state.resources(), state.resources() - before)
    state.finished = True
    _note(folder, state)
    table = Table(*_HEADS[language], box=None, padding=(0, 2, 0, 0))
    for name, each in sorted(state.types.items()):
        if each.resources or each.deleted:
            table.add_row(name, f"{each.resources:,}", f"{each.deleted:,}")
    bar.console.print(table)
    bar.console.print(_CLOSING[language].format(resources=state.resources(), moment=state.moment), soft_wrap=True)


async def _export_type(store: Repository, folder: Path, state: State, name: str) -> AsyncIterator[None]:
    """Write the file of a type; yields after each part of it."""
    exported = state.types.setdefault(name, Exported())
    if exported.finished:
        return
    path = folder / f"{name}{history_line.SUFFIX if state.history else '.ndjson'}{'.gz' if state.gzip else ''}"
    try:
        with _opened(path) as file:
            file.truncate(exported.bytes)
            file.seek(exported.bytes)
            async for part in parts(store, name, state.moment, state.since, exported.after):
                lines = b"".join(_lines(part, history=state.history))
                file.write(gzip.compress(lines) if state.gzip and lines else lines)
                file.flush()
                os.fsync(file.fileno())
                exported.resources += len(part.live)
                exported.deleted += len(part.deleted)
                exported.bytes, exported.after = file.tell(), part.after
                _note(folder, state)
                yield
        exported.finished = True
        if not exported.bytes:
            path.unlink()
        _note(folder, state)
    except OSError as error:
        raise _unwritable(folder, error) from None


def _lines(part: Part, *, history: bool) -> Sequence[bytes]:
    if history:
        return [line_of(each) for each in (*part.live, *part.deleted)]
    return [encode(_current(each)) + b"\n" for each in part.live]


def _current(history: Sequence[Version]) -> Any:
    return history[-1].resource


def _begun(folder: Path) -> State | None:
    """The export that was begun in a folder, which is made if it is not there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = {each.name for each in folder.iterdir()} - {_PART}
        text = (folder / STATE).read_bytes() if STATE in names else b""
    except OSError as error:
        raise _unwritable(folder, error) from None
    if not names:
        return None
    try:
        told = decode(text)
        types = {name: Exported(**each) for name, each in told.pop("types").items()}
        state = State(**told, types=types)
    except (MalformedJson, TypeError, AttributeError, KeyError):
        raise _filled(folder) from None
    if state.finished:
        raise _filled(folder)
    return state


def _note(folder: Path, state: State) -> None:
    part = folder / _PART
    try:
        with _opened(part) as file:
            file.truncate(0)
            file.write(indented(encode(asdict(state))))
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / STATE)
    except OSError as error:
        raise _unwritable(folder, error) from None


def _opened(path: Path) -> IO[bytes]:
    return open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")  # noqa: PTH123 - Path.open knows no mode of a new file


def _instant(since: str) -> str:
    """The first instant of a FHIR date or time, "" where none is given. Raises RequestError."""
    try:
        return instant(date_bounds(since)[0]) if since else ""
    except InvalidDate:
        raise RequestError(
            "--since must be a date or a time, as in 2024-05-06 or 2024-05-06T07:08:09Z.",
            "--since doit être une date ou une heure, comme 2024-05-06 ou 2024-05-06T07:08:09Z.",
        ) from None


def _filled(folder: Path) -> RequestError:
    return RequestError(
        f"{folder} has other files or a finished export. Name a folder that is empty or not there yet.",
        f"{folder} contient d’autres fichiers ou un export terminé. Indiquez un dossier vide, ou qui n’existe pas "
        "encore.",
    )


def _other_options(folder: Path) -> RequestError:
    return RequestError(
        f"The export in {folder} was begun with other options. Repeat those, or name another folder.",
        f"L’export dans {folder} a été commencé avec d’autres options. Reprenez-les, ou indiquez un autre dossier.",
    )


def _unwritable(folder: Path, error: OSError) -> RequestError:
    return RequestError(
        f"{folder} cannot be written ({error.strerror}). Check its permissions and its disk; repeated, an export "
        "goes on where it was.",
        f"{folder} ne peut pas être écrit ({error.strerror}). Vérifiez ses droits d’accès et son disque ; "
        "relancé, un export reprend là où il en était.",
    )
