"""Keeps histories as they were read from another store. It may be interrupted anywhere and done again: the current
version comes last, and as long as it is not replaced, the resource is not done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.errors import DuplicateKey
from app.fhir.json import encode
from app.store.mongo.documents import current, kept, version_of
from app.store.mongo.erasing import versions_of
from app.store.mongo.history import KEPT, of_all
from app.store.mongo.keys import changes, holders
from app.store.mongo.transactions import Overtaken

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from app.search.algebra import Index
    from app.store.mongo.documents import Document
    from app.store.mongo.transactions import Session
    from app.store.mongo.writing import Place
    from app.store.repository import Version

DUPLICATE: Final = 11000
"""The code of what a unique index refuses."""


async def restore(at: Place, index: Index, type: str, histories: Iterable[Sequence[Version]]) -> int:  # noqa: A002 - FHIR's word
    """Keep whole histories of a type in place of what is there; answers how many were not there in the same words.

    Raises DuplicateKey."""
    wanted = _by_id(histories)
    changed: set[str] = set()
    while True:  # until nobody has written in between
        there = await _there(at, type, wanted)
        new = {id_: history for id_, history in wanted.items() if not _same(there.get(id_, ()), history)}
        changed |= new.keys()
        if not new or await _kept(at, index, new, there):
            return len(changed)
        await _check_keys(at, type, new)


async def restore_with_keys(
    at: Place,
    index: Index,
    type: str,  # noqa: A002 - FHIR's word
    histories: Iterable[Sequence[Version]],
    session: Session,
) -> int:
    """The same where keys are kept apart, within a transaction."""
    wanted = _by_id(histories)
    there = await _there(at, type, wanted, session)
    new = {id_: history for id_, history in wanted.items() if not _same(there.get(id_, ()), history)}
    await _check_keys(at, type, new, session)
    before = {id_: there[id_][-1].keys for id_ in new if id_ in there}
    keys = changes(type, before, {id_: history[-1].keys for id_, history in new.items()})
    if keys and at.keys is not None:
        await at.keys.bulk_write(keys, session=session)
    if new and not await _kept(at, index, new, there, session):
        raise Overtaken
    return len(new)


def _by_id(histories: Iterable[Sequence[Version]]) -> dict[str, list[Version]]:
    return {history[0].id: sorted(history, key=lambda version: version.version) for history in histories if history}


async def _there(
    at: Place,
    type: str,  # noqa: A002 - FHIR's word
    ids: Collection[str],
    session: Session | None = None,
) -> dict[str, list[Version]]:
    last = await at.current.find({"_id": {"$in": list(ids)}}, KEPT, session=session).to_list(len(ids))
    earlier = await of_all(at, last, session)
    return {
        document["_id"]: [version_of(type, each) for each in (*earlier.get(document["_id"], ()), document)]
        for document in last
    }


def _same(there: Sequence[Version], wanted: Sequence[Version]) -> bool:
    return list(map(_words, there)) == list(map(_words, wanted))


def _words(version: Version) -> tuple[Any, ...]:
    content = None if version.resource is None else encode(version.resource)
    return (version.version, version.at, version.author, version.operation, content, sorted(set(version.keys)))


async def _kept(
    at: Place,
    index: Index,
    new: Mapping[str, Sequence[Version]],
    there: Mapping[str, Sequence[Version]],
    session: Session | None = None,
) -> bool:
    """Whether the histories are kept now; False: something came in between, or has a key of theirs."""
    with_history = [id_ for id_ in new if id_ in there or len(new[id_]) > 1]
    earlier = [kept(version) for history in new.values() for version in history[:-1]]
    last = {id_: current(history[-1], index) for id_, history in new.items()}
    try:
        if with_history:
            await at.history.delete_many({"$or": list(map(versions_of, with_history))}, session=session)
        if earlier:
            await at.history.insert_many(earlier, session=session)
        if first := [document for id_, document in last.items() if id_ not in there]:
            await at.current.insert_many(first, ordered=False, session=session)
        replaced = [await _replaced(at, there[id_][-1], last[id_], session) for id_ in new if id_ in there]
    except DuplicateKeyError:
        return False
    except BulkWriteError as error:
        if any(each["code"] != DUPLICATE for each in error.details["writeErrors"]):
            raise
        return False
    return all(replaced)


async def _replaced(at: Place, there: Version, document: Document, session: Session | None) -> bool:
    of_version = {"_id": there.id, "version": there.version}
    return (await at.current.replace_one(of_version, document, session=session)).matched_count == 1


async def _check_keys(
    at: Place,
    type: str,  # noqa: A002 - FHIR's word
    histories: Mapping[str, Sequence[Version]],
    session: Session | None = None,
) -> None:
    """Raise DuplicateKey where another document, or another one of the histories, has a key of one of them."""
    keys = {key for history in histories.values() for key in history[-1].keys}
    held = await holders(at, keys, session)
    for id_, history in histories.items():
        for key in history[-1].keys:
            if (holder := held.setdefault(key, id_)) != id_:
                raise DuplicateKey(f"{type}/{holder}")
