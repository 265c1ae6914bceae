"""The address of a resource: its type and its id in a path. https://hl7.org/fhir/R4/http.html#vread"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import NotFound
from app.fhir.reference import ID
from app.fhir.served import SERVED

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_address(path: Mapping[str, str]) -> None:
    """Raises NotFound where nothing can be under the `type`, and the `id` if there is one, of a path."""
    if path["type"] not in SERVED:
        raise _unserved()
    if not ID.fullmatch(path.get("id", "any")):
        raise _no_id()


def _unserved() -> NotFound:
    served = ", ".join(SERVED)
    return NotFound(
        f"This server has no resources of that type. It has: {served}.",
        f"Ce serveur n’a pas de ressources de ce type. Il a : {served}.",
    )


def _no_id() -> NotFound:
    return NotFound(
        "No resource can have that id: it has 1 to 64 characters out of A–Z, a–z, 0–9, - and . (period).",
        "Aucune ressource ne peut avoir cet id : il comporte de 1 à 64 caractères parmi A–Z, a–z, 0–9, - et . (point).",
    )
