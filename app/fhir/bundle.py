"""The resources of a Bundle as the references inside it name them. https://hl7.org/fhir/R4/bundle.html#references"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.fhir.reference import Target, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.fhir.reference import Uri
    from app.fhir.resource import Json, Resource


class Entries:
    """The resources in the entries of one Bundle, found by reference."""

    def __init__(self, bundle: Resource) -> None:
        self._first: dict[tuple[str, str], Resource] = {}  # by name and version; "" is any version
        for name, resource in _named(bundle):
            self._first.setdefault((name, ""), resource)
            self._first.setdefault((name, _version(resource)), resource)

    def find(self, reference: Target | Uri, full_url: str) -> Resource | None:
        """The resource that a reference in the entry of that fullUrl means, or None where it is not in the Bundle.

        A relative reference is one to the server of the fullUrl. Where the fullUrl is no address on a server, R4 gives
        it no meaning, but senders do write it; it then means the entry with a resource of that type and id. Of several
        versions the first counts, which in a history is the newest, unless the reference names one."""
        if not isinstance(reference, Target):
            return self._first.get((reference.text, ""))
        return self._first.get((_name(reference, _root(full_url)), reference.version))


def _named(bundle: Resource) -> Iterator[tuple[str, Resource]]:
    """(name, resource) of each entry: by its fullUrl, and by Type/id; once where both are the same."""
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            address = parse(_text(entry.get("fullUrl")))
            url = _name(address) if isinstance(address, Target) else _text(entry.get("fullUrl"))
            for name in dict.fromkeys((url, f"{resource.get('resourceType')}/{resource.get('id')}")):
                yield name, resource


def _name(target: Target, root: str = "") -> str:
    base = target.base or root
    return f"{base}/{target.type}/{target.id}" if base else f"{target.type}/{target.id}"


def _root(full_url: str) -> str:
    address = parse(full_url)
    return address.base if isinstance(address, Target) else ""


def _version(resource: Resource) -> str:
    meta = resource.get("meta")
    return _text(meta.get("versionId")) if isinstance(meta, dict) else ""


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
