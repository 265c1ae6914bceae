"""MongoDB's failures in words: what is wrong and what to do. No address is shown, since it may hold a password."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pymongo.errors import ConnectionFailure, DocumentTooLarge, OperationFailure, PyMongoError

from app.errors import DmiError, StoreUnavailable, StoreUnusable, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED: Final = frozenset({13, 18, 8000})
"""Unauthorized, AuthenticationFailed, Atlas' own: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml"""

FULL: Final = frozenset({14031})
"""OutOfDiskSpace"""


TOO_LONG: Final = frozenset({50})
"""MaxTimeMSExpired"""


@contextmanager
def in_our_words() -> Iterator[None]:
    """Raises the failures of the driver and the server as StoreUnavailable, StoreUnusable or TooLarge."""
    try:
        yield
    except DocumentTooLarge:
        raise _too_large() from None
    except PyMongoError as error:
        if said := _said(error):
            raise said from None
        raise


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


def _said(error: PyMongoError) -> DmiError | None:
    """The error in our words; None: it is a mistake of this program."""
    code = error.code if isinstance(error, OperationFailure) else None
    if code in REFUSED:
        return _refused()
    if code in FULL:
        return _full()
    if code in TOO_LONG:
        return _too_long()
    if isinstance(error, ConnectionFailure) or error.timeout or error.has_error_label("RetryableWriteError"):
        return no_answer()
    return None


def _refused() -> StoreUnusable:
    return StoreUnusable(
        "MongoDB refuses the user, the password or the rights it was given. Correct MONGODB_URI or the user's roles.",
        "MongoDB refuse l’utilisateur, son mot de passe ou ses droits. Corrigez MONGODB_URI ou ses rôles.",
    )


def _full() -> StoreUnavailable:
    return StoreUnavailable(
        "The disk of MongoDB is full. Free some space, then repeat the request.",
        "Le disque de MongoDB est plein. Libérez de la place, puis répétez la requête.",
    )


def _too_long() -> StoreUnavailable:
    return StoreUnavailable(
        "MongoDB has counted for too long and was stopped. Narrow the question, or repeat it when there is less to do.",
        "MongoDB a compté trop longtemps et a été arrêté. Restreignez la question, ou répétez-la plus tard.",
    )


def _too_large() -> TooLarge:
    return TooLarge(
        "The resource is larger than MongoDB can keep (16 MiB). Send its attachments as references.",
        "La ressource dépasse ce que MongoDB peut garder (16 Mio). Envoyez ses pièces jointes par référence.",
    )
