"""Looks through documents for what is not as it should be, and makes search values anew."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from app.store.mongo.collections import RESOURCE, find_again
from app.store.mongo.documents import found_by, version_of
from app.store.mongo.history import of_all
from app.store.mongo.keys import read
from app.store.repository import Flaw

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from app.search.algebra import Index
    from app.store.mongo.documents import Document
    from app.store.mongo.writing import Place
    from app.store.repository import Version

Problem: TypeAlias = Literal["unreadable", "search-values", "history", "keys"]

UNREADABLE: Final = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)
"""What the reading of a document raises that somebody else has changed."""

FOUND_BY: Final = ("indexed", "ix", "sort")


async def inspect(
    at: Place,
    index: Index,
    type: str,  # noqa: A002 - FHIR's word
    after: str,
    count: int,
) -> tuple[str | None, list[Flaw]]:
    """The last id of the next resources, None where there are none, and what is wrong with them."""
    documents = await at.current.find({"_id": {"$gt": after}}).sort("_id", 1).limit(count).to_list(count)
    if not documents:
        return None, []
    earlier = await of_all(at, [each for each in documents if isinstance(each.get("version"), int)])
    shared = await _shared_keys(at, documents)
    flaws = [
        Flaw(type, document["_id"], problem)
        for document in documents
        for problem in _problems(type, document, earlier.get(document["_id"], ()), shared, index)
    ]
    return documents[-1]["_id"], flaws


async def repair(at: Place, index: Index, ids: Collection[str]) -> None:
    """Make the search values of resources anew."""
    documents = await at.current.find({"_id": {"$in": list(ids)}}, RESOURCE).to_list(len(ids))
    await find_again(at.current, documents, index)
    tombstones = {"_id": {"$in": list(ids)}, "deleted": True}
    await at.current.update_many(tombstones, {"$unset": {"ix": "", "sort": ""}})


async def _shared_keys(at: Place, documents: Sequence[Document]) -> frozenset[str]:
    """The keys of these documents that are not theirs alone: only where the unique index is not there, or where keys
    are kept apart and one is noted for another document, or for none."""
    keys = {key: document["_id"] for document in documents for key in document.get("keys", ())}
    if at.keys is not None:
        noted = {each["_id"]: each["id"] for each in await read(at.keys, "_id", list(keys), {"id": True})}
        doubled = Counter(key for document in documents for key in document.get("keys", ()))
        return frozenset(key for key, id_ in keys.items() if noted.get(key) != id_ or doubled[key] > 1)
    found = await read(at.current, "keys", list(keys), {"keys": True})  # one may come twice
    counts = Counter(key for each in {each["_id"]: each for each in found}.values() for key in each["keys"])
    return frozenset(key for key in keys if counts[key] > 1)


def _problems(
    type: str,  # noqa: A002 - FHIR's word
    document: Document,
    earlier: Sequence[Document],
    shared: frozenset[str],
    index: Index,
) -> Iterator[Problem]:
    try:
        version = _read(type, document)
        found = found_by(version.resource, index)
    except UNREADABLE:
        yield "unreadable"
        return
    if {name: document[name] for name in FOUND_BY if name in document} != found:
        yield "search-values"
    if not _whole(type, version, earlier):
        yield "history"
    if shared.intersection(version.keys) or (version.resource is None and version.keys):
        yield "keys"


def _read(type: str, document: Document) -> Version:  # noqa: A002 - FHIR's word
    """The version that a document holds. Raises one of UNREADABLE where it is none, or is that of something else."""
    version = version_of(type, document)
    if version.resource is not None:
        meta = version.resource["meta"]
        told = (version.resource["resourceType"], version.resource["id"], meta["versionId"], meta["lastUpdated"])
        if told != (type, version.id, str(version.version), version.at):
            raise ValueError
    return version


def _whole(type: str, last: Version, earlier: Sequence[Document]) -> bool:  # noqa: A002 - FHIR's word
    """Whether there is every version up to the last one, none earlier than the one before it."""
    try:
        versions = [*(_read(type, document) for document in earlier), last]
    except UNREADABLE:
        return False
    times = [version.at for version in versions]
    return [version.version for version in versions] == list(range(1, last.version + 1)) and times == sorted(times)
