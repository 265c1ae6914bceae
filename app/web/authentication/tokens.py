"""From an access token to the one who asks. https://www.rfc-editor.org/rfc/rfc9068, https://www.rfc-editor.org/rfc/rfc8725"""

from __future__ import annotations

import re
from collections import OrderedDict
from hashlib import sha256
from time import time
from typing import TYPE_CHECKING, Any, Final

import jwt
from jwt.exceptions import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)

from app.access.grant import grant_of
from app.access.legal_entity import PLACE
from app.access.principal import Principal
from app.errors import NotAuthenticated
from app.fhir.reference import ID
from app.search.normal import token
from app.web.authentication.keys import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.settings import TokenSettings
    from app.web.authentication.keys import Key, Keys

LONGEST: Final = 8_192
"""Characters of a token."""
REMEMBERED: Final = 60.0
"""Seconds for which a token that was accepted is not checked again: by its signature, never beyond its end."""
MOST_REMEMBERED: Final = 1_000
_REASONS: Final[Mapping[type[PyJWTError], str]] = {
    ExpiredSignatureError: "it has expired",
    ImmatureSignatureError: "it is not valid yet",
    InvalidAudienceError: "it is not made for this server",
    InvalidIssuerError: "it is of another issuer",
    MissingRequiredClaimError: "it lacks one of iss, aud, exp, nbf, sub",
}
_REQUIRED: Final = ("iss", "aud", "exp", "nbf", "sub")
_NAME: Final = re.compile(r"[ -~]{1,255}")
_CLIENT: Final = ("client_id", "azp")
_SCOPES: Final = ("scope", "scp")


class Tokens:
    """Checks access tokens; `base` is this server's FHIR address, `clock` tells the seconds since 1970."""

    def __init__(self, settings: TokenSettings, keys: Keys, base: str = "", clock: Callable[[], float] = time) -> None:
        self._settings = settings
        self._keys = keys
        self._base = base
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def principal(self, token: str) -> Principal:
        """Who sends the token. Raises NotAuthenticated where it is not accepted, IssuerUnavailable where it cannot be
        checked now."""
        if len(token) > LONGEST:
            raise NotAuthenticated("too long")
        mark = sha256(token.encode("latin-1")).digest()
        until, principal = self._known.get(mark, (0.0, None))
        if principal is not None and self._clock() < until:
            return principal
        claims = await self._claims(token)
        until = int(claims["exp"]) + self._settings.skew
        principal = principal_of(claims, self._settings.organization, self._base, until)
        self._remember(mark, min(self._clock() + REMEMBERED, until), principal)
        return principal

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
        except PyJWTError:
            raise NotAuthenticated("it is no JWT") from None
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS or "crit" in header:
            raise NotAuthenticated("its algorithm is not accepted")
        found = await self._keys.find(header.get("kid"), algorithm)
        if not found:
            raise NotAuthenticated("its key is not known")
        for key in found:
            try:
                return self._decoded(token, key)
            except InvalidSignatureError:  # several keys may have one id
                continue
            except PyJWTError as error:
                raise NotAuthenticated(_REASONS.get(type(error), "it is not valid")) from None
        raise NotAuthenticated("its signature does not match")

    def _decoded(self, token: str, key: Key) -> dict[str, Any]:
        return jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=self._settings.audience,
            issuer=self._settings.issuer,
            leeway=self._settings.skew,
            options={"require": list(_REQUIRED)},
        )

    def _remember(self, mark: bytes, until: float, principal: Principal) -> None:
        self._known[mark] = (until, principal)
        self._known.move_to_end(mark)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)


def principal_of(
    claims: Mapping[str, Any], organization: str = "", base: str = "", until: float | None = None
) -> Principal:
    """Who the claims of a checked token say it is: its subject, and the client that the subject uses, if another one.

    `organization` is the claim that binds it to a legal entity, "" where none does; a token without it is bound to none
    at all. `base` is this server's FHIR address, `until` when the token ends. Raises NotAuthenticated where the names
    are none that can be kept with a version."""
    subject = claims["sub"]
    client = next((claims[name] for name in _CLIENT if name in claims), subject)
    if not all(isinstance(each, str) and _NAME.fullmatch(each) for each in (subject, client)):
        raise NotAuthenticated("sub and client_id are at most 255 printable ASCII characters")
    name = subject if client == subject else f"{subject} ({client})"
    entities = _entities(claims.get(organization), base) if organization else None
    grant = grant_of(_scopes(claims), _patient(claims), base, entities)
    return Principal(name, "\n".join((claims["iss"], client, subject)), grant, until)


def _scopes(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The scopes of a token, as one text with blanks or as a list: both are in use."""
    given = next((claims[name] for name in _SCOPES if name in claims), "")
    listed = given.split() if isinstance(given, str) else given if isinstance(given, list) else []
    return tuple(dict.fromkeys(each for each in listed if isinstance(each, str)))


def _patient(claims: Mapping[str, Any]) -> str | None:
    """The id of the patient whom scopes of the level `patient/` are about."""
    given = claims.get("patient")
    return given.removeprefix("Patient/") if isinstance(given, str) else None


def _entities(claim: Any, base: str) -> tuple[str, ...]:
    """The legal entities of a claim, one or a list of them, as `app.access.legal_entity` names them: by an identifier
    (system|value), or as an Organization of this server (Organization/chu, its address, or its id alone)."""
    listed = claim if isinstance(claim, list) else [claim]
    return tuple(name for each in listed if isinstance(each, str) for name in _entity(each, base))


def _entity(text: str, base: str) -> Iterator[str]:
    system, _, value = text.partition("|")
    place = text.removeprefix(f"{base}/").removeprefix(PLACE)
    if system and value:
        yield token(system, value)
    elif ID.fullmatch(place):
        yield f"{PLACE}{place}"
