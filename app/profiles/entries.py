"""The fullUrl of a Bundle entry: absolute, and the address of the resource that stands in the entry.

Source: https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.fhir.elements import is_resource_type
from app.fhir.reference import Target, parse
from app.profiles.finding import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.fhir.resource import Json

RELATIVE = Kind(
    "absolute",
    "value",
    "{path} must be absolute: a URL with its scheme, urn:uuid: or urn:oid:. Write it in full.",
    "{path} doit être absolu : une URL avec son schéma, urn:uuid: ou urn:oid:. Écrivez-le en entier.",
)
DISAGREES = Kind(
    "agreement",
    "value",
    "{path} is the address of another resource than the one in the entry: type or id differ. Make them agree.",
    "{path} est l’adresse d’une autre ressource que celle de l’entrée : type ou id diffèrent. Accordez-les.",
)

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:.")


def entry_findings(entry: Mapping[str, Json]) -> Iterator[Finding]:
    """What is wrong with the fullUrl of an entry; a resource without an id (one to be created) agrees with any."""
    url = entry.get("fullUrl")
    if not isinstance(url, str) or not url:
        return
    if not _ABSOLUTE.match(url):
        yield Finding(RELATIVE, ".fullUrl")
    resource = entry.get("resource")
    address = parse(url)
    if not (isinstance(resource, dict) and isinstance(address, Target) and is_resource_type(address.type)):
        return
    named = (resource.get("resourceType"), resource.get("id"))
    if any(isinstance(own, str) and own != said for own, said in zip(named, (address.type, address.id), strict=True)):
        yield Finding(DISAGREES, ".fullUrl")
