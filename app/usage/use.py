"""What one request did, as far as it is told later: no variables, no search values, no text of a document, and nothing
that a resource holds but its type and its id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.store.repository import Operation, Stored
    from app.usage.command import Command
    from app.usage.course import Course

Outcome: TypeAlias = Literal["success", "partial", "refused", "failed", "abandoned"]
"""All went well; something of it did not; nothing was done, by the fault of the client or by that of the server; the
client was gone before its answer."""

ERRORS: Final = ("error", "fatal")
"""Severities of issues for which something was not done."""

LONGEST_NAME: Final = 64
"""Characters of the name of an operation; it is a client's, and may have any length."""


class Kept(NamedTuple):
    """What a request stored."""

    operation: Operation
    place: str


class Taken(NamedTuple):
    """What an audit tells of: whether it is the first that it tells of a request, patients, places that were read, and
    what was stored."""

    first: bool
    patients: Sequence[str]
    places: Sequence[str]
    kept: Sequence[Kept]


@dataclass(slots=True)
class Use:
    """What a request asked for, and the resources that it was given or stored.

    `interaction` is FHIR's word, or GraphQL's `query` or `mutation`, and "" where it asked for no resources; `target`
    the place that a path names. `executed` is False where a document was refused, whatever the status says.
    `ids` has the first `most` of each type, and `given` how many of it the store gave in all; one that was read twice
    counts twice. If the use is `audited`, `places` are all that were read, and `patients` those whom they are about.
    `course` has its steps, if somebody wants to know them. `commands` are those of the store with what they took, in
    nanoseconds like `took`; `rules` counts those that were broken, `events` what a subscription was told."""

    most: int
    audited: bool = False
    course: Course | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    begun: int = field(default_factory=perf_counter_ns)
    took: int = 0
    client: str = ""
    principal: str = ""
    interaction: str = ""
    operation: str = ""
    document: str = ""
    target: str = ""
    status: int = 0
    executed: bool = True
    cost: int | None = None
    errors: dict[str, int] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)
    ids: dict[str, dict[str, None]] = field(default_factory=dict)
    patients: dict[str, None] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    commands: list[tuple[str, int]] = field(default_factory=list)
    rules: dict[str, int] = field(default_factory=dict)
    events: int = 0
    _taken: bool = False
    _taken_kept: int = 0

    @property
    def instant(self) -> str:
        """When it began, as FHIR writes it."""
        return f"{self.at.isoformat(timespec='milliseconds')[:23]}Z"

    @property
    def outcome(self) -> Outcome:
        """How it ended. Where an answer is partial, its status says that all is well."""
        if not self.status:
            return "abandoned"
        if self.status >= 500:
            return "failed"
        if self.status >= 400 or not self.executed:
            return "refused"
        return "partial" if self.errors else "success"

    def asks(self, interaction: str, operation: str, query: str) -> None:
        """Note what a document asks for; only its hash is kept, by which a published one is known."""
        self.interaction = interaction
        self.operation = operation[:LONGEST_NAME]
        self.document = f"sha256:{sha256(query.encode()).hexdigest()}"

    def taken(self) -> Taken:
        """What was touched since this was asked last."""
        taken = Taken(not self._taken, list(self.patients), list(self.places), self.kept[self._taken_kept :])
        self._taken, self._taken_kept = True, len(self.kept)
        self.patients.clear()
        self.places.clear()
        return taken

    def met(self, code: str, issues: Iterable[Mapping[str, Any]]) -> None:
        """Note an error, by its FHIR issue type and the rules of the issues in its OperationOutcome."""
        self.errors[code] = self.errors.get(code, 0) + 1
        for issue in issues:
            if issue["severity"] in ERRORS:
                for coding in issue["details"].get("coding", ()):
                    self.rules[coding["code"]] = self.rules.get(coding["code"], 0) + 1

    def adds(self, event: Use) -> None:
        """Note an event that was told, and what was given with it."""
        self.events += 1
        for mine, others in ((self.given, event.given), (self.errors, event.errors)):
            for name, number in others.items():
                mine[name] = mine.get(name, 0) + number
        for name, ids in event.ids.items():
            known = self.ids.setdefault(name, {})
            known.update(dict.fromkeys(list(ids)[: max(self.most - len(known), 0)]))

    def did(self, command: Command) -> None:
        """Note what a command of the store gave or kept; one that failed gave nothing."""
        self.commands.append((command.method, command.ended - command.begun))
        if command.answer is not None and (reading := _READINGS.get(command.method)):
            self._give(command.type, reading(command))
        elif command.method == "write" and command.answer is not None:
            for write, stored in zip(command.arguments[0], command.answer, strict=True):
                if stored.changed:
                    self.kept.append(Kept(_operation(stored), f"{write.type}/{write.id}"))
                    if self.audited:
                        self._about(write.type, write.id, stored.resource)
        elif command.type:
            self.given.setdefault(command.type, 0)

    def _give(self, type_name: str, resources: Iterable[tuple[str, Resource | None]]) -> None:
        ids = self.ids.setdefault(type_name, {})
        number = 0
        for number, (id_, resource) in enumerate(resources, 1):  # noqa: B007 - counted
            if len(ids) < self.most:
                ids[id_] = None
            if self.audited:
                self.places[f"{type_name}/{id_}"] = None
                self._about(type_name, id_, resource)
        self.given[type_name] = self.given.get(type_name, 0) + number

    def _about(self, type_name: str, id_: str, resource: Resource | None) -> None:
        """Note whom a resource is about, as far as it is told by an id."""
        if type_name == "Patient":
            self.patients[f"Patient/{id_}"] = None
        for element in PATIENT_ELEMENTS:
            reference = (resource or {}).get(element)
            text = reference.get("reference") if isinstance(reference, dict) else None
            if isinstance(text, str) and text.startswith("Patient/"):
                self.patients[text] = None


PATIENT_ELEMENTS: Final = frozenset({"subject", "patient"})
"""Where resources of the served types name the patient whom they are about."""


def _operation(stored: Stored) -> Operation:
    if stored.resource is None:
        return "delete"
    return "create" if stored.version == 1 else "update"


def _of_mapping(command: Command) -> Iterable[tuple[str, Resource | None]]:
    found: Mapping[str, Resource] = command.answer
    return found.items()


def _of_page(command: Command) -> Iterable[tuple[str, Resource | None]]:
    return ((row.resource["id"], row.resource) for row in command.answer.rows)


def _of_pages(command: Command) -> Iterable[tuple[str, Resource | None]]:
    return ((row.resource["id"], row.resource) for page in command.answer for row in page.rows)


def _of_version(command: Command) -> Iterable[tuple[str, Resource | None]]:
    return ((command.answer.id, command.answer.resource),)


def _of_history(command: Command) -> Iterable[tuple[str, Resource | None]]:
    return ((version.id, version.resource) for version in command.answer)


_READINGS: Final[Mapping[str, Callable[[Command], Iterable[tuple[str, Resource | None]]]]] = {
    "read": _of_mapping,
    "search": _of_page,
    "related": _of_pages,
    "version": _of_version,
    "history": _of_history,
}
"""The commands that give resources → (id, resource) of each that was given."""
