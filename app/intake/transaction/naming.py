"""What the references in a transaction lead to: another entry, a search, or something outside of the Bundle."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.fhir.bundle import Entries
from app.fhir.reference import Target, Uri, parse
from app.fhir.served import SERVED
from app.intake.transaction.problems import problem
from app.intake.transaction.rewriting import rewritten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.errors import Issue
    from app.fhir.resource import Resource
    from app.intake.transaction.entries import Entry

_SEARCH: Final = re.compile(r"(?P<type>[A-Z][A-Za-z]{1,63})\?.+", re.DOTALL)


@dataclass(slots=True)
class Names:
    """The entries of a Bundle by what refers to them, and the searches that references are (`found`: search → place).

    A reference that leads nowhere is noted in `issues`."""

    bundle: Resource
    entries: Sequence[Entry]
    found: Mapping[str, str] = field(default_factory=dict)
    searches: dict[str, str] = field(default_factory=dict)  # the path where each first stands
    issues: list[Issue] = field(default_factory=list)

    def renamed(self) -> list[Resource | None]:
        """The resource of each entry with its references as they are to be stored."""
        listed = Entries(self.bundle)
        places = {id(entry.resource): entry.place for entry in self.entries if entry.resource is not None}
        urls = {entry.full_url: entry.place for entry in self.entries if entry.full_url and entry.resource is not None}
        return [self._one(entry, listed, places, urls) for entry in self.entries]

    def _one(
        self, entry: Entry, listed: Entries, places: Mapping[int, str], urls: Mapping[str, str]
    ) -> Resource | None:
        def rename(text: str, path: str) -> str:
            if found := _SEARCH.fullmatch(text):
                return self._searched(text, found["type"], path)
            reference = parse(text)
            if not isinstance(reference, Target | Uri):
                return text
            resource = listed.find(reference, entry.full_url)
            if place := places.get(id(resource)):
                return place
            if text.lower().startswith("urn:uuid:"):
                self.issues.append(problem("reference-entry", path))
            return text

        resource = entry.resource
        return resource if resource is None else rewritten(resource, f"{entry.path}.resource", rename, urls)

    def _searched(self, text: str, type_name: str, path: str) -> str:
        if type_name not in SERVED:
            self.issues.append(problem("reference-none", path))
            return text
        self.searches.setdefault(text, path)
        return self.found.get(text, text)
