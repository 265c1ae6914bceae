"""A copy of a store as it is at one moment, made while others read and write: https://www.sqlite.org/backup.html"""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkstemp
from threading import Event
from typing import TYPE_CHECKING, Final

import apsw

from app.errors import StoreUnusable
from app.store.sqlite.failures import Damaged
from app.store.sqlite.file import open_readers
from app.store.sqlite.readers import Readers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Progress = Callable[[int, int], None]

STEP: Final = 2_000
"""Pages that are copied at a time, 16 MB."""

LOOK: Final = 100_000
"""Steps of SQLite's virtual machine between two looks whether the copy is still wanted, when it is looked through."""

IN_THE_WAY: Final = (
    "there is such a file; name one that is not there yet",
    "ce fichier existe ; indiquez-en un qui n’existe pas encore",
)
NO_FILE: Final = (
    "the store is in memory; export it instead",
    "l’entrepôt est en mémoire ; exportez-le plutôt",
)
FAILED: Final = ("check the disk and the path", "vérifiez le disque et le chemin")
_REASONS: Final[Mapping[type[Exception], tuple[str, str]]] = {
    FileNotFoundError: ("its directory is not there; make it", "son dossier n’existe pas ; créez-le"),
    PermissionError: ("this user may not write there", "cet utilisateur n’a pas le droit d’y écrire"),
    apsw.FullError: ("its disk is full; free some space", "son disque est plein ; libérez de la place"),
    Damaged: ("the store is damaged; check it", "l’entrepôt est endommagé ; vérifiez-le"),
    apsw.CorruptError: ("the store is damaged; check it", "l’entrepôt est endommagé ; vérifiez-le"),
}


async def backup(directory: Path, path: Path, progress: Progress) -> None:
    """Copy the store of a directory to a new file and look through the copy; what is not whole is removed.

    `progress` is told how many pages are copied, and of how many. Raises StoreUnusable."""
    given_up = Event()
    reader = Readers(open_readers(directory, 1))
    try:
        await reader.run(lambda connection: _copy(connection, path, progress, given_up))
    finally:
        given_up.set()
        await reader.close()


def no_file(path: Path) -> StoreUnusable:
    """The answer of a store in memory."""
    return _not_made(path, NO_FILE)


def _copy(source: apsw.Connection, path: Path, progress: Progress, given_up: Event) -> None:
    """Copy what a connection sees in the transaction that it is in."""
    if path.exists():
        raise _not_made(path, IN_THE_WAY)
    try:
        with _partial(path) as part:
            with closing(apsw.Connection(str(part))) as target:
                target.set_progress_handler(given_up.is_set, LOOK)
                _copy_pages(source, target, progress, given_up)
            _flush(part)
            if path.exists():
                raise _not_made(path, IN_THE_WAY)
            part.rename(path)
            _flush(path.parent)
    except (OSError, apsw.Error, Damaged) as error:
        said = next((said for kind, said in _REASONS.items() if isinstance(error, kind)), FAILED)
        raise _not_made(path, said) from None


def _copy_pages(source: apsw.Connection, target: apsw.Connection, progress: Progress, given_up: Event) -> None:
    source.execute("SELECT count(*) FROM sqlite_schema").fetchall()  # from now on it sees this state, and no other
    target.pragma("journal_mode", "off")
    with target.backup("main", source, "main") as copying:
        while not copying.done:
            if given_up.is_set():
                raise apsw.InterruptError
            copying.step(STEP)
            progress(copying.page_count - copying.remaining, copying.page_count)
    target.pragma("journal_mode", "delete")  # it is one file, but has copied the mark of one with a log
    if target.execute("PRAGMA quick_check(1)").get != "ok":
        raise Damaged


@contextmanager
def _partial(path: Path) -> Iterator[Path]:
    """A file of its owner alone, beside the path; removed if it is still there in the end."""
    handle, name = mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_made(path: Path, said: tuple[str, str]) -> StoreUnusable:
    en, fr = said
    return StoreUnusable(f"The copy {path} was not made: {en}.", f"La copie {path} n’a pas été faite : {fr}.")
