"""The searches of a transaction: which resource each ifNoneExist and each conditional reference means."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.errors import InvalidSearch, PreconditionFailed
from app.intake.condition import condition
from app.intake.transaction.problems import problem
from app.search.algebra import Search
from app.search.matching import matches
from app.search.values import search_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.errors import Issue
    from app.fhir.resource import Resource
    from app.intake.condition import Condition
    from app.intake.transaction.entries import Entry
    from app.intake.writer import Searcher


@dataclass(frozen=True, slots=True)
class Existing:
    """The resources of the store that make a POST needless, by the index of its entry."""

    resources: Mapping[int, Resource]
    issues: Sequence[Issue]


async def existing(searcher: Searcher, entries: Sequence[Entry]) -> Existing:
    """What meets the ifNoneExist of the entries that have one."""
    found: dict[int, Resource] = {}
    issues: list[Issue] = []
    for entry in entries:
        if entry.condition is None:
            continue
        try:
            resource = await entry.condition.match(searcher)
        except PreconditionFailed:
            issues.append(problem("entry-if-none-exist", f"{entry.path}.request.ifNoneExist"))
        else:
            found.update({entry.index: resource} if resource else {})
    return Existing(found, issues)


def met_twice(entries: Sequence[Entry], found: Existing) -> list[Issue]:
    """What is wrong with entries that come to mean, by their ifNoneExist, what another one updates or deletes.

    Source: https://hl7.org/fhir/R4/http.html#trules ("if any resource identities overlap")"""
    named = {entry.place for entry in entries if entry.method != "POST"}
    return [
        problem("entry-twice", entry.path)
        for entry in entries
        if entry.index in found.resources and entry.place in named
    ]


def with_existing(entries: Sequence[Entry], found: Existing) -> list[Entry]:
    """The entries, those that are needless under the id of what is there already."""
    return [
        replace(entry, id=found.resources[entry.index]["id"]) if entry.index in found.resources else entry
        for entry in entries
    ]


async def searched(
    searcher: Searcher, searches: Mapping[str, str], waiting: Sequence[Entry], base: str
) -> tuple[dict[str, str], list[Issue]]:
    """The place of the one resource that each conditional reference means, in the store or among the entries that wait
    to be stored, and what is wrong with the others. `searches` tells where each of them stands."""
    found: dict[str, str] = {}
    issues: list[Issue] = []
    asked: dict[str, Condition] = {}
    for text, path in searches.items():
        try:
            asked[text] = condition(text.partition("?")[0], text, base)
        except InvalidSearch as error:
            issues += [replace(issue, expression=path) for issue in error.issues]
    coming = await asyncio.to_thread(_coming, asked, waiting)
    for text, each in asked.items():
        places = coming[text] | await _stored(searcher, each, waiting)
        if len(places) == 1:
            found[text] = places.pop()
        else:
            issues.append(problem("reference-several" if places else "reference-none", searches[text]))
    return found, issues


def _coming(asked: Mapping[str, Condition], waiting: Sequence[Entry]) -> dict[str, set[str]]:
    """What each search matches among the entries."""
    types = {each.type for each in asked.values()}
    resources = [(entry, entry.resource) for entry in waiting if entry.type in types]
    values = [(entry, search_values(resource)) for entry, resource in resources if resource is not None]
    return {
        text: {entry.place for entry, own in values if entry.type == each.type and matches(each.filter, own, entry.id)}
        for text, each in asked.items()
    }


async def _stored(searcher: Searcher, asked: Condition, waiting: Sequence[Entry]) -> set[str]:
    """What a search matches in the store and no entry changes; two places stand for any number more."""
    changed = {entry.place for entry in waiting if entry.type == asked.type and entry.method != "POST"}
    search = Search(asked.filter, count=2 + len(changed), elements=frozenset())
    rows = (await searcher.search(asked.type, search)).rows
    return {f"{asked.type}/{row.resource['id']}" for row in rows} - changed
