"""SQLite's failures in words: what is wrong and what to do. https://www.sqlite.org/rescode.html"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

import apsw

from app.errors import Issue, StoreFull, StoreUnavailable, StoreUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class NotOurs(Exception):
    """A database, but of another program."""


class TooNew(Exception):
    """A store in a format that this release does not know."""


class Damaged(Exception):
    """A store whose tables are not those of its format."""


OTHER_PLACE: Final = "set DMI_STORE to another directory", "indiquez un autre dossier dans DMI_STORE"

NOT_OURS: Final = (
    f"is not a store of this program; {OTHER_PLACE[0]}",
    f"n’est pas un entrepôt de ce programme ; {OTHER_PLACE[1]}",
)
DAMAGED: Final = (
    f"is damaged; put back a copy of it, or {OTHER_PLACE[0]}",
    f"est endommagé ; remettez-en une copie, ou {OTHER_PLACE[1]}",
)
NO_DIRECTORY: Final = (
    f"cannot be made a directory, since a file is in the way; {OTHER_PLACE[0]}",
    f"ne peut pas devenir un dossier, car un fichier s’y trouve ; {OTHER_PLACE[1]}",
)
NO_RIGHTS: Final = (
    f"may not be read and written; give this user the right to, or {OTHER_PLACE[0]}",
    f"n’est pas accessible en lecture et en écriture ; donnez-en le droit à cet utilisateur ou {OTHER_PLACE[1]}",
)
UNREADABLE: Final = (
    f"cannot be opened; check the disk and the path, or {OTHER_PLACE[0]}",
    f"ne peut pas être ouvert ; vérifiez le disque et le chemin, ou {OTHER_PLACE[1]}",
)
_UNUSABLE: Final[Mapping[type[Exception], tuple[str, str]]] = {
    FileExistsError: NO_DIRECTORY,
    NotADirectoryError: NO_DIRECTORY,
    PermissionError: NO_RIGHTS,
    apsw.ReadOnlyError: NO_RIGHTS,
    apsw.PermissionsError: NO_RIGHTS,
    apsw.NotADBError: NOT_OURS,
    NotOurs: NOT_OURS,
    TooNew: (
        f"was written by a newer release; use that release, or {OTHER_PLACE[0]}",
        f"a été écrit par une version plus récente ; utilisez cette version ou {OTHER_PLACE[1]}",
    ),
    apsw.CorruptError: DAMAGED,
    apsw.SQLError: DAMAGED,  # a statement of the migration meets other tables
    Damaged: DAMAGED,
    apsw.BusyError: (
        "is held by another program; end that program, then start again",
        "est retenu par un autre programme ; arrêtez ce programme, puis recommencez",
    ),
    apsw.FullError: (
        f"is on a full disk; free some space, or {OTHER_PLACE[0]}",
        f"est sur un disque plein ; libérez de la place, ou {OTHER_PLACE[1]}",
    ),
}
_UNAVAILABLE: Final[Mapping[type[Exception], tuple[str, str]]] = {
    apsw.BusyError: (
        "Another program has been writing to the embedded store for too long. Repeat the request later.",
        "Un autre programme écrit depuis trop longtemps dans l’entrepôt intégré. Répétez la requête plus tard.",
    ),
}
_CAUSED_BY_OTHERS: Final = (
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.FullError,
    apsw.InterruptError,
    apsw.IOError,
    apsw.LockedError,
    apsw.NoMemError,
    apsw.NotADBError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
)
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FAILED: Final = (
    "The embedded store could not read or write its file. Check the disk, then repeat the request.",
    "L’entrepôt intégré n’a pas pu lire ou écrire son fichier. Vérifiez le disque, puis répétez la requête.",
)


def unusable(path: Path, error: Exception) -> StoreUnusable:
    """Why the store at the path cannot be opened, and the remedy."""
    en, fr = next((said for kind, said in _UNUSABLE.items() if isinstance(error, kind)), UNREADABLE)
    return StoreUnusable(f"The store {path} {en}.", f"L’entrepôt {path} {fr}.")


def damaged(path: Path, found: str) -> Issue:
    """What a look through the file of a store has found, in SQLite's words."""
    en, fr = DAMAGED
    return Issue(
        "fatal",
        "exception",
        f"The store {path} {en}. SQLite says: {found}",
        f"L’entrepôt {path} {fr}. SQLite : {found}",
    )


def in_our_words(error: Exception, system_error: int = 0) -> Exception:
    """What to raise for a failed read or write: StoreUnavailable where disk, memory or another process is the cause,
    StoreFull where that is a lack of room. `system_error`: the system's number of the last failure to read or write."""
    if not isinstance(error, _CAUSED_BY_OTHERS):
        return error
    if isinstance(error, apsw.FullError) or (isinstance(error, apsw.IOError) and system_error in _NO_ROOM):
        return StoreFull()
    return StoreUnavailable(*next((said for kind, said in _UNAVAILABLE.items() if isinstance(error, kind)), _FAILED))


def reindexed() -> StoreUnavailable:
    """The answer to a write when another process has rebuilt the search values of the file for another index."""
    return StoreUnavailable(
        "The store was opened by another release, or with another base address, and searches by their values now. "
        "Restart this process with the same release and address, then repeat the request.",
        "L’entrepôt a été ouvert par une autre version, ou avec une autre adresse de base, et sa recherche suit "
        "désormais leurs valeurs. Redémarrez ce processus avec les mêmes, puis répétez la requête.",
    )
