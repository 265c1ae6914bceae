"""The invariants of Bundle. https://hl7.org/fhir/R4/bundle.html#invs"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from app.profiles.finding import Finding
from app.profiles.invariant import Invariant, Value, has, objects, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_REQUESTED: Final = frozenset({"batch", "transaction", "history"})
_ANSWERED: Final = frozenset({"batch-response", "transaction-response", "history"})


class EachEntry(Invariant):
    """An invariant of a Bundle that each entry keeps or breaks; the finding is at the entry."""

    def findings(self, value: Value) -> Iterator[Finding]:
        """One finding for each entry that breaks it."""
        entries = value.get("entry")
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and not self.holds({"type": value.get("type"), "entry": entry}):
                yield Finding(self.kind, f".entry[{index}]", rule=self.key)


def _only_where(name: str, kinds: frozenset[str]) -> Callable[[Value], bool]:
    """An entry has the element exactly in Bundles of these types; a Bundle of unknown type is reported elsewhere."""
    return lambda value: not isinstance(value["type"], str) or has(value["entry"], name) == (value["type"] in kinds)


def _first_is(kind: str) -> Callable[[Value], bool]:
    def check(value: Value) -> bool:
        entries = value.get("entry")
        first = entries[0] if isinstance(entries, list) and entries else None
        resource = first.get("resource") if isinstance(first, dict) else None
        return isinstance(resource, dict) and resource.get("resourceType") == kind

    return check


def _identified(value: Value) -> bool:
    return any(has(identifier, "system") and has(identifier, "value") for identifier in objects(value, "identifier"))


def _in(kind: str, holds: Callable[[Value], object]) -> Callable[[Value], object]:
    """A condition for Bundles of one type only."""
    return lambda value: value.get("type") != kind or holds(value)


def _distinct(value: Value) -> bool:
    if value.get("type") == "history":
        return True
    named = [
        (str(entry["fullUrl"]), tuple(str(meta.get("versionId")) for meta in objects(entry, "resource", "meta")))
        for entry in objects(value, "entry")
        if isinstance(entry.get("fullUrl"), str)
    ]
    return len(named) == len(set(named))


BUNDLE_INVARIANTS: Final[Mapping[str, tuple[Invariant, ...]]] = MappingProxyType(
    {
        "Bundle": (
            Invariant(
                "bdl-1",
                lambda value: not has(value, "total") or value.get("type") in ("searchset", "history"),
                "total is only for a searchset or a history. Remove it.",
                "total n’est permis que pour searchset ou history. Retirez-le.",
            ),
            EachEntry(
                "bdl-2",
                lambda value: value["type"] == "searchset" or not has(value["entry"], "search"),
                "search is only for a searchset. Remove it.",
                "search n’est permis que pour searchset. Retirez-le.",
            ),
            EachEntry(
                "bdl-3",
                _only_where("request", _REQUESTED),
                "request is mandatory in a batch, transaction or history and forbidden elsewhere.",
                "request est obligatoire dans batch, transaction et history, et interdit ailleurs.",
            ),
            EachEntry(
                "bdl-4",
                _only_where("response", _ANSWERED),
                "response is mandatory in a batch-response, transaction-response or history and forbidden elsewhere.",
                "response est obligatoire dans batch-response, transaction-response et history, et interdit ailleurs.",
            ),
            Invariant(
                "bdl-7",
                _distinct,
                "two entries have the same fullUrl and version. Make them differ.",
                "deux entrées ont les mêmes fullUrl et version. Distinguez-les.",
            ),
            Invariant(
                "bdl-9",
                _in("document", _identified),
                "a document has an identifier with system and value. Add it.",
                "un document a un identifiant avec system et value. Ajoutez-le.",
            ),
            Invariant(
                "bdl-10",
                _in("document", lambda value: value.get("timestamp") is not None),
                "a document has a timestamp. Add it.",
                "un document a un timestamp. Ajoutez-le.",
            ),
            Invariant(
                "bdl-11",
                _in("document", _first_is("Composition")),
                "the first resource of a document is a Composition.",
                "la première ressource d’un document est une Composition.",
            ),
            Invariant(
                "bdl-12",
                _in("message", _first_is("MessageHeader")),
                "the first resource of a message is a MessageHeader.",
                "la première ressource d’un message est un MessageHeader.",
            ),
        ),
        "BundleEntry": (
            Invariant(
                "bdl-5",
                some("resource", "request", "response"),
                "an entry has a resource, a request or a response. Add one.",
                "une entrée a une ressource, une requête ou une réponse. Ajoutez-en une.",
            ),
            Invariant(
                "bdl-8",
                lambda value: "/_history/" not in str(value.get("fullUrl")),
                "fullUrl must not name a version. Remove /_history/ and what follows.",
                "fullUrl ne doit pas nommer de version. Retirez /_history/ et la suite.",
            ),
        ),
    }
)
"""By type, in the order of their keys."""
