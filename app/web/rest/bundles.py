"""Bundles of what was found: pages of a search and of a history, with their links. https://hl7.org/fhir/R4/bundle.html"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.store.repository import Operation, Version
    from app.web.rest.query import Pair

METHODS: Final[Mapping[Operation, str]] = {"create": "POST", "update": "PUT", "delete": "DELETE"}
STATUSES: Final[Mapping[Operation, str]] = {"create": "201 Created", "update": "200 OK", "delete": "204 No Content"}


def page(kind: str, total: int | None, links: Mapping[str, str | None], entries: Sequence[Resource]) -> Resource:
    """A Bundle of type searchset or history; a link without an address is left out."""
    bundle: Resource = {"resourceType": "Bundle", "type": kind}
    if total is not None:
        bundle["total"] = total
    bundle["link"] = [{"relation": name, "url": url} for name, url in links.items() if url is not None]
    return {**bundle, "entry": list(entries)} if entries else bundle


def link(address: str, pairs: Iterable[Pair]) -> str:
    """An address with these parameters."""
    query = urlencode(list(pairs), quote_via=quote, safe=",:/")
    return f"{address}?{query}" if query else address


def match(base: str, type_name: str, resource: Resource) -> Resource:
    """The entry of a resource that a search found."""
    return {"fullUrl": f"{base}/{type_name}/{resource['id']}", "resource": resource, "search": {"mode": "match"}}


def remark(outcome: Resource) -> Resource:
    """The entry of what a search has to say beside its matches."""
    return {"resource": outcome, "search": {"mode": "outcome"}}


def version_entry(base: str, version: Version) -> Resource:
    """The entry of a version in a history; that of a deletion has no resource."""
    place = f"{version.type}/{version.id}"
    created = version.operation == "create" and version.version == 1
    entry: Resource = {"fullUrl": f"{base}/{place}"}
    if version.resource is not None:
        entry["resource"] = version.resource
    return {
        **entry,
        "request": {
            # A deleted resource is restored by an update of its id.
            "method": METHODS[version.operation] if created or version.operation != "create" else "PUT",
            "url": version.type if created else place,
        },
        "response": {
            "status": STATUSES[version.operation],
            "etag": f'W/"{version.version}"',
            "lastModified": version.at,
        },
    }
