"""The issuer's public keys: read once, again from time to time, and when a token names one that is not known.

Keys for RS256 … ES512 and EdDSA only, each for the algorithm that its kind fits: a token cannot choose another one, and
no secret is ever a key. https://www.rfc-editor.org/rfc/rfc7517, https://www.rfc-editor.org/rfc/rfc8725
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from app.errors import IssuerUnavailable, MalformedJson
from app.fhir.json import decode
from app.web.authentication.source import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LOGGER = logging.getLogger("dmi")

FRESH: Final = 600.0
"""Seconds after which the keys are read again."""
STALE: Final = 3_600.0
"""Seconds for which keys are still good that cannot be read again."""
PAUSE: Final = 10.0
"""Seconds between two readings, whatever keys tokens name: who invents keys does not make this server ask for them."""
MOST_KEYS: Final = 100
MOST_WAITING: Final = 100
"""Requests that wait for the same reading."""
LEAST_BITS: Final = 2_048  # of an RSA key

_RSA: Final = ("RS256", "RS384", "RS512")
_CURVES: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA", "Ed448": "EdDSA"}
ALGORITHMS: Final = frozenset((*_RSA, *_CURVES.values()))


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the one algorithm of a token that it checks."""

    id: str | None
    algorithm: str
    key: PyJWK


class Keys:
    """The keys that `read()` answers as a JSON Web Key Set; it is called in a thread."""

    def __init__(self, read: Callable[[], bytes], clock: Callable[[], float] = monotonic) -> None:
        self._read = read
        self._clock = clock
        self._keys: Sequence[Key] = ()
        self._read_at = self._tried_at = float("-inf")
        self._reading = asyncio.Lock()
        self._waiting = 0

    async def find(self, id: str | None, algorithm: str) -> list[Key]:  # noqa: A002 - the word of JWKs
        """The keys by which a token of that header may be signed; without an id those of the algorithm, if it is one.

        Raises IssuerUnavailable where no keys can be read."""
        found = self._found(id, algorithm)
        if not found or self._clock() - self._read_at > FRESH:
            await self._again(needed=not found)
            found = self._found(id, algorithm)
        if self._clock() - self._read_at > STALE:
            raise IssuerUnavailable
        return found

    def _found(self, id: str | None, algorithm: str) -> list[Key]:  # noqa: A002 - see above
        fitting = [key for key in self._keys if key.algorithm == algorithm]
        if id is None:
            return fitting if len(fitting) == 1 else []
        return [key for key in fitting if key.id == id]

    async def _again(self, *, needed: bool) -> None:
        """Read the keys, unless that was done or tried just now; where others do, wait for them if there is need."""
        asked_at = self._clock()
        if asked_at - self._tried_at < PAUSE or (self._reading.locked() and not needed):
            return
        if self._waiting >= MOST_WAITING:
            raise IssuerUnavailable
        self._waiting += 1
        try:
            async with self._reading:
                if self._tried_at < asked_at:
                    await self._refresh()
        finally:
            self._waiting -= 1

    async def _refresh(self) -> None:
        try:
            self._keys = key_set(await asyncio.to_thread(self._read))
            self._read_at = self._clock()
        except (OSError, Unreadable, MalformedJson) as error:  # what was read before stays good for a while
            LOGGER.warning("the keys of the issuer cannot be read: %s", error)
        finally:
            self._tried_at = self._clock()


def key_set(text: bytes) -> tuple[Key, ...]:
    """The keys of a JSON Web Key Set that can check tokens; others are passed over. Raises MalformedJson where none
    can."""
    value = decode(text)
    listed = value.get("keys") if isinstance(value, dict) else None
    found = listed[:MOST_KEYS] if isinstance(listed, list) else []
    keys = tuple(key for each in found if isinstance(each, dict) for key in _keys_of(each))
    if not keys:
        raise MalformedJson(
            "It must be a JSON Web Key Set, an object with the list `keys`, with a public RSA, EC or Ed25519 key.",
            "Ce doit être un JSON Web Key Set, un objet avec la liste `keys`, avec une clé publique RSA, EC ou "
            "Ed25519.",
        )
    return keys


def _keys_of(jwk: dict[str, Any]) -> Iterator[Key]:
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return
    for algorithm in _algorithms(jwk):
        if jwk.get("alg", algorithm) == algorithm:
            try:
                key = PyJWK(jwk, algorithm)
            except (PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
                continue
            if _is_public(key):
                yield Key(jwk.get("kid"), algorithm, key)


def _algorithms(jwk: dict[str, Any]) -> tuple[str, ...]:
    """Those that the kind of the key fits."""
    kind, curve = jwk.get("kty"), jwk.get("crv")
    if kind == "RSA":
        return _RSA
    return (_CURVES[curve],) if kind in ("EC", "OKP") and isinstance(curve, str) and curve in _CURVES else ()


def _is_public(key: PyJWK) -> bool:
    """Whether it is a public key, which cannot sign, and long enough."""
    inner = key.key
    if hasattr(inner, "private_bytes"):
        return False
    return not isinstance(inner, RSAPublicKey) or inner.key_size >= LEAST_BITS
