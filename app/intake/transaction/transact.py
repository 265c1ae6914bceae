"""A transaction: every entry is checked, then all are stored together, or none. Errors point into the entries.

Source: https://hl7.org/fhir/R4/http.html#transaction
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from app.errors import DuplicateKey, InvalidResource, Issue, VersionConflict
from app.intake.current import due, meets, version
from app.intake.identity import random_id
from app.intake.intervention import natural_keys
from app.intake.ledger import turns
from app.intake.surroundings import all_surroundings
from app.intake.transaction.conditions import existing, met_twice, searched, with_existing
from app.intake.transaction.entries import METHODS, read_entries
from app.intake.transaction.naming import Names
from app.intake.transaction.problems import capped, pointed, problem
from app.intake.transaction.repeated import done_before
from app.intake.verdict import judge
from app.store.repository import Stored, Write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.fhir.resource import Json, Resource
    from app.intake.identity import NewId
    from app.intake.transaction.entries import Entry
    from app.intake.verdict import Rules
    from app.intake.writer import Writer
    from app.store.repository import Head

MOST_ENTRIES: Final = 5_000
_INTERACTIONS: Final = {"POST": "c", "PUT": "u", "DELETE": "d"}
MOST_CONDITIONS: Final = 200
"""Different searches of a transaction, each of which is a command of its own."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an entry: the version now there, whether there was none before."""

    entry: Entry
    stored: Stored
    created: bool


@dataclass(frozen=True, slots=True)
class Transaction:
    """What became of each entry in the order of the Bundle, and the warnings, whose expressions point into it."""

    done: tuple[Done, ...]
    warnings: tuple[Issue, ...]


async def transact(rules: Rules, writer: Writer, sent: Json, new_id: NewId = random_id) -> Transaction:
    """Store a transaction Bundle, given as an object or as its JSON text.

    POST creates under a new id (unless its ifNoneExist is met), PUT updates, DELETE deletes. References among entries
    come to name the stored resources. Raises InvalidResource with every issue, InProgress, DuplicateKey,
    VersionConflict, NoTransactions; then nothing is stored."""
    verdict = await asyncio.to_thread(judge, rules.validator, sent, "Bundle")
    bundle = verdict.accepted()
    try:
        done, around = await _transacted(rules, writer, bundle, new_id)
    except InvalidResource as refusal:
        raise InvalidResource(capped((*refusal.issues, *verdict.issues))) from None
    return Transaction(done, (*verdict.issues, *around))


async def _transacted(
    rules: Rules, writer: Writer, bundle: Resource, new_id: NewId
) -> tuple[tuple[Done, ...], tuple[Issue, ...]]:
    entries, issues = await asyncio.to_thread(_read, bundle, new_id, rules.base)
    _refuse(issues)
    for entry in entries:
        writer.demand(entry.type, _INTERACTIONS[entry.method])
    async with turns(writer, (entry.condition.name for entry in entries if entry.condition)):
        if new_id is not random_id and (before := await done_before(writer, entries)):
            return tuple(map(_told, entries, *zip(*before, strict=True))), ()
        there = await existing(writer, entries)
        _refuse(there.issues)
        entries = with_existing(entries, there)
        _refuse(met_twice(entries, there))
        heads = await _heads(writer, rules, entries)
        waiting = [entry for entry in entries if entry.index not in there.resources]
        resources = await _renamed(rules, writer, bundle, entries, waiting)
        around = await _around(rules, writer, waiting, resources)
        _refuse(around)
        writes = await _writes(rules, writer, waiting, resources, heads)
        stored = await _written(writer, writes)
    return tuple(_done(entry, stored.get(entry.index), there.resources, heads) for entry in entries), around


def _read(bundle: Resource, new_id: NewId, base: str) -> tuple[list[Entry], list[Issue]]:
    if bundle.get("type") != "transaction":
        return [], [problem("transaction-type", "Bundle.type")]
    if len(bundle.get("entry", ())) > MOST_ENTRIES:
        return [], [problem("transaction-size", "Bundle.entry", most=MOST_ENTRIES)]
    entries, issues = read_entries(bundle, new_id, base)
    if sum(entry.condition is not None for entry in entries) > MOST_CONDITIONS:
        issues.append(problem("transaction-conditions", "Bundle.entry", most=MOST_CONDITIONS))
    return entries, issues


def _refuse(issues: Sequence[Issue]) -> None:
    """Raises InvalidResource where an issue is an error."""
    if any(issue.severity == "error" for issue in issues):
        raise InvalidResource(tuple(issues))


async def _heads(writer: Writer, rules: Rules, entries: Sequence[Entry]) -> dict[str, Head]:
    """The last versions of what is updated or deleted, by place; one command for each type."""
    named = [entry for entry in entries if entry.method != "POST"]
    heads: dict[str, Head] = {}
    for type_ in sorted({entry.type for entry in named}):
        ids = [entry.id for entry in named if entry.type == type_]
        heads.update({f"{type_}/{id_}": head for id_, head in (await writer.heads(type_, ids)).items()})
    issues: list[Issue] = []
    for entry in named:
        head = heads.get(entry.place)
        if head is None and not (entry.method == "PUT" and rules.update_create):
            issues.append(problem("entry-known", f"{entry.path}.request.url"))
        elif not meets(head, entry.expected) and not (entry.method == "DELETE" and head and head.deleted):
            issues.append(problem("entry-if-match", f"{entry.path}.request.ifMatch", current=version(head)))
    _refuse(issues)
    return heads


async def _renamed(
    rules: Rules, writer: Writer, bundle: Resource, entries: Sequence[Entry], waiting: Sequence[Entry]
) -> Mapping[int, Resource | None]:
    """The resources as they are to be stored, by the index of their entries."""
    names = Names(bundle, entries)
    resources = await asyncio.to_thread(names.renamed)
    issues = names.issues
    if len(names.searches) > MOST_CONDITIONS:
        issues.append(problem("transaction-conditions", "Bundle.entry", most=MOST_CONDITIONS))
    elif names.searches:
        found, unmet = await searched(writer, names.searches, waiting, rules.base)
        issues = [*issues, *unmet]
        resources = await asyncio.to_thread(Names(bundle, entries, found).renamed)
    _refuse(issues)
    return {entry.index: resource for entry, resource in zip(entries, resources, strict=True)}


async def _around(
    rules: Rules, writer: Writer, waiting: Sequence[Entry], resources: Mapping[int, Resource | None]
) -> tuple[Issue, ...]:
    """What the store, and the other entries, say of each resource."""
    coming = {entry.place: resources[entry.index] for entry in waiting}
    places = [(f"{entry.path}.resource", resource) for entry in waiting if (resource := resources[entry.index])]
    found = await all_surroundings(writer, places, rules.references, rules.base, coming)
    return tuple(issue for issues in found for issue in issues)


async def _writes(
    rules: Rules,
    writer: Writer,
    waiting: Sequence[Entry],
    resources: Mapping[int, Resource | None],
    heads: Mapping[str, Head],
) -> dict[int, Write]:
    """What is to be written, by the index of the entry, in the order of the methods."""
    kept = {entry.index: resource for entry in waiting if (resource := resources[entry.index])}
    coming = {entry.place: kept[entry.index] for entry in waiting if entry.index in kept}
    keys = dict(zip(kept, await natural_keys(rules, writer.whole, list(kept.values()), coming), strict=True))
    _refuse(_clashes(waiting, keys))
    return {
        entry.index: Write(
            entry.type,
            entry.id,
            resources[entry.index],
            expected=_due(entry, heads.get(entry.place)),
            keys=keys.get(entry.index, ()),
        )
        for entry in sorted(waiting, key=lambda each: METHODS.index(each.method))
    }


def _due(entry: Entry, head: Head | None) -> int | None:
    """What `Write.expected` is: an entry that names no version comes after whatever is done meanwhile."""
    if entry.method != "POST" and entry.expected is None:
        return None
    return due(head, entry.expected)


def _clashes(entries: Sequence[Entry], keys: Mapping[int, tuple[str, ...]]) -> list[Issue]:
    seen: set[str] = set()
    issues = []
    for entry in entries:
        own = keys.get(entry.index, ())
        if not seen.isdisjoint(own):
            issues.append(problem("entry-key", f"{entry.path}.resource"))
        seen.update(own)
    return issues


async def _written(writer: Writer, writes: Mapping[int, Write]) -> Mapping[int, Stored]:
    if not writes:
        return {}
    try:
        return dict(zip(writes, await writer.write(list(writes.values()), together=True), strict=True))
    except VersionConflict as error:
        refused = [index for index, write in writes.items() if f"{write.type}/{write.id}" == error.place]
        raise pointed(error, refused) from None
    except DuplicateKey as error:
        type_, _, id_ = error.place.partition("/")
        holder = await writer.whole.version(type_, id_)
        held = set(holder.keys) if holder else set()
        raise pointed(error, [index for index, write in writes.items() if not held.isdisjoint(write.keys)]) from None


def _done(entry: Entry, stored: Stored | None, there: Mapping[int, Resource], heads: Mapping[str, Head]) -> Done:
    if stored is None:
        resource = there[entry.index]
        return Done(entry, Stored(resource, int(resource["meta"]["versionId"]), changed=False), created=False)
    head = heads.get(entry.place)
    return _told(entry, stored, head is None or head.deleted)


def _told(entry: Entry, stored: Stored, created: bool) -> Done:
    place = stored.resource["id"] if stored.resource else entry.id
    return Done(replace(entry, id=place, resource=stored.resource), stored, created)
