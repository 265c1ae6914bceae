"""MongoDB's failures in words: what is wrong and what to do. No address is shown, since it may hold a password."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pymongo.errors import BulkWriteError, ConnectionFailure, DocumentTooLarge, OperationFailure, PyMongoError

from app.errors import DmiError, StoreFull, StoreUnavailable, StoreUnusable, TooLarge
from app.store.failures import slow

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED: Final = frozenset({13, 18, 8000})
"""Unauthorized, AuthenticationFailed, Atlas' own: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml"""

FULL: Final = frozenset({14031})
"""OutOfDiskSpace"""

ATLAS: Final = 8000
"""The code of all of Atlas' own errors; that its quota is reached is said in the text alone."""

TOO_LONG: Final = frozenset({50})
"""MaxTimeMSExpired"""


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raises the failures of the driver and the server as StoreUnavailable, StoreFull, StoreUnusable or TooLarge."""
    try:
        yield
    except DocumentTooLarge:
        raise _too_large() from None
    except PyMongoError as error:
        if said := _said(error):
            raise said from None
        raise


def quiet() -> None:
    """Have the driver not log, with a trace, what fails in its own threads while the server is away, such as to close a
    change stream: requests tell that it is."""
    logging.getLogger("pymongo.client").setLevel(logging.CRITICAL)


def unusable_address() -> StoreUnusable:
    """The address in MONGODB_URI or DMI_STORE is none."""
    return StoreUnusable(
        "The address of MongoDB cannot be read. Set MONGODB_URI to mongodb://host:27017/database.",
        "L’adresse de MongoDB est illisible. Indiquez dans MONGODB_URI mongodb://hôte:27017/base.",
    )


def no_answer() -> StoreUnavailable:
    """The server is away."""
    return StoreUnavailable(
        "MongoDB does not answer. Check that it runs and that MONGODB_URI names it, then repeat the request.",
        "MongoDB ne répond pas. Vérifiez qu’il fonctionne et que MONGODB_URI le désigne, puis répétez la requête.",
    )


def reindexed() -> StoreUnavailable:
    """The answer to a write when a process with another index was opened after this one."""
    return StoreUnavailable(
        "The database was opened by another release, or with another base address, and is searched by its values now. "
        "Restart this process with the same release and address, then repeat the request.",
        "La base a été ouverte par une autre version, ou avec une autre adresse de base, et sa recherche suit "
        "désormais ses valeurs. Redémarrez ce processus avec les mêmes, puis répétez la requête.",
    )


def _said(error: PyMongoError) -> DmiError | None:
    """The error in our words; None: it is a mistake of this program."""
    code = error.code if isinstance(error, OperationFailure) else None
    if _is_full(error):
        return StoreFull()
    if code in REFUSED:
        return _refused()
    if code in TOO_LONG:
        return _too_long()
    if isinstance(error, ConnectionFailure) or error.timeout or error.has_error_label("RetryableWriteError"):
        return no_answer()
    if error.has_error_label("TransientTransactionError"):
        return slow()
    return None


def _is_full(error: PyMongoError) -> bool:
    """Whether the server, or one of its answers to many writes, says that there is no room."""
    if isinstance(error, BulkWriteError):
        return any(each["code"] in FULL for each in error.details["writeErrors"])
    if not isinstance(error, OperationFailure):
        return False
    return error.code in FULL or (error.code == ATLAS and "quota" in str(error))


def _refused() -> StoreUnusable:
    return StoreUnusable(
        "MongoDB refuses the user, the password or the rights it was given. Correct MONGODB_URI or the user's roles.",
        "MongoDB refuse l’utilisateur, son mot de passe ou ses droits. Corrigez MONGODB_URI ou ses rôles.",
    )


def _too_long() -> StoreUnavailable:
    return StoreUnavailable(
        "MongoDB has worked on it for too long and was stopped. Narrow the question, or repeat it later.",
        "MongoDB y a travaillé trop longtemps et a été arrêté. Restreignez la question, ou répétez-la plus tard.",
    )


def _too_large() -> TooLarge:
    return TooLarge(
        "The resource is larger than MongoDB can keep (16 MiB). Send its attachments as references.",
        "La ressource dépasse ce que MongoDB peut garder (16 Mio). Envoyez ses pièces jointes par référence.",
    )
