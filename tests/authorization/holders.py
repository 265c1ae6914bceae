"""Who asks: the kinds of tokens, and what each may do, told here by a table of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.fhir.served import SERVED
from tests.authorization.world import ABOUT, SHARED
from tests.issuer import after, claims, private_key, token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READ: Final = "rs"
WRITE: Final = "cud"


@dataclass(frozen=True)
class Holder:
    """Somebody with a token: its claims, the types and interactions it names, and whether for patient a alone."""

    name: str
    claims: Mapping[str, Any]
    interactions: str = ""
    types: tuple[str, ...] = SERVED
    patient: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Those of a request."""
        return {"Authorization": f"Bearer {token(**self.claims)}"}

    def may(self, interaction: str, type_name: str) -> bool:
        """Whether the interaction is allowed with some resources of the type."""
        if interaction not in self.interactions or type_name not in self.types:
            return False
        reached = (*ABOUT, "Patient", *(SHARED if interaction in READ else ()))
        return not self.patient or type_name in reached

    def sees(self, type_name: str, id_: str) -> bool:
        """Whether that resource may be read, where some of its type may be."""
        return not self.patient or type_name in SHARED or id_.startswith("a")


HOLDERS: Final = (
    Holder("nobody", {"scope": "openid fhirUser launch/patient"}),
    Holder("reader", {"scope": "system/*.rs"}, READ),
    Holder("user", {"scope": "openid user/*.rs"}, READ),
    Holder("version 1", {"scope": "user/*.read"}, READ),
    Holder("of one type", {"scope": "system/Procedure.rs"}, READ, ("Procedure",)),
    Holder("of a query", {"scope": "system/Procedure.rs?status=never system/Device.rs?x=y"}, "", ()),
    Holder("patient", {"scope": "patient/*.rs", "patient": "a"}, READ, patient=True),
    Holder("patient who writes", {"scope": "patient/*.cruds", "patient": "a"}, READ + WRITE, patient=True),
    Holder("patient without a name", {"scope": "patient/*.cruds"}),
    Holder("writer", {"scope": "system/*.cud"}, WRITE),
    Holder("hospital", {"scope": "system/*.cruds", "org": "Organization/a"}, READ + WRITE),
)

BY_NAME: Final = {holder.name: holder for holder in HOLDERS}
OPEN_TO_ALL: Final = BY_NAME["hospital"]
AS_USERS: Final = (BY_NAME["reader"], BY_NAME["version 1"])
"""Those whose rights are those of "user", written otherwise."""


def _forged() -> str:
    """A token signed with HMAC, the issuer's public key as the secret."""
    public = private_key("ES256").public_key()
    secret = json.dumps(public.public_numbers().x).encode()
    unsigned = ".".join(_part(each) for each in ({"alg": "HS256", "kid": "k0"}, claims()))
    signature = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _unsigned() -> str:
    return ".".join(_part(each) for each in ({"alg": "none", "kid": "k0"}, claims())) + "."


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


REFUSED: Final[Mapping[str, Callable[[], str]]] = {
    "no token": lambda: "",
    "expired": lambda: token(exp=after(-120)),
    "for another server": lambda: token(aud="https://other.example"),
    "of another issuer": lambda: token(iss="https://other.example"),
    "forged by HMAC": _forged,
    "unsigned": _unsigned,
    "signed by another key": lambda: token(key=private_key("ES256", 1)),
}
