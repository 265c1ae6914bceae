"""Several writes together: MongoDB keeps all of them or none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pymongo.errors import AutoReconnect, OperationFailure, ServerSelectionTimeoutError

from app.errors import DuplicateKey, StoreUnavailable, VersionConflict
from app.search.algebra import And
from app.store.mongo.documents import earlier
from app.store.mongo.together import Together
from app.store.repository import Head
from tests.store.toy import deletion, device, named, write

if TYPE_CHECKING:
    from app.store.repository import Repository, Stored

pytestmark = pytest.mark.parametrize("open_store", ["secantusdb", "mongodb"], indirect=True)


@pytest.fixture
def database(store: Any) -> Any:
    return store._running().collections.database


async def test_all_are_kept_in_their_order(store: Repository) -> None:
    stored = await store.write(
        [write("p1", named("A")), write("d1", device("L1")), write("p1", named("B")), deletion("Device", "d1")],
        together=True,
    )
    assert [each.version for each in stored] == [1, 1, 2, 2]
    assert [each.version for each in await store.history("Patient", "p1", 10)] == [2, 1]
    assert await store.heads("Device", ["d1"]) == {"d1": Head(2, deleted=True)}


async def test_nothing_is_kept_when_the_last_of_them_is_refused(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",)), write("p2", named("A"))])
    for refused in (write("p1", named("C"), expected=7), write("p3", named("C"), keys=("k1",))):
        with pytest.raises((VersionConflict, DuplicateKey)):
            await store.write(
                [write("new", named("B")), write("p2", named("B")), write("d1", device("L1")), refused], together=True
            )
    assert await store.heads("Patient", ["new", "p1", "p2", "p3"]) == {
        "p1": Head(1, deleted=False),
        "p2": Head(1, deleted=False),
    }
    assert await store.heads("Device", ["d1"]) == {}
    assert [each.version for each in await store.history("Patient", "p2", 10)] == [1]


async def test_two_of_them_may_not_have_the_same_key(store: Repository) -> None:
    with pytest.raises(DuplicateKey) as raised:
        await store.write([write("p1", named("A"), keys=("k1",)), write("p2", named("A"), keys=("k1",))], together=True)
    assert raised.value.place == "Patient/p1"
    assert await store.count("Patient", And()) == 0


async def test_a_key_may_go_from_one_to_the_other(store: Repository) -> None:
    await store.write([write("p1", named("A"), keys=("k1",))])
    await store.write([deletion("Patient", "p1"), write("p2", named("A"), keys=("k1",))], together=True)
    assert set(await store.read("Patient", ["p1", "p2"])) == {"p2"}


async def test_others_see_nothing_of_it_before_its_end(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.write([write("p1", named("A"))])
    seen: list[dict[str, Head]] = []
    original = Together.put

    async def put(writes: Together, session: Any) -> list[Stored]:
        stored = await original(writes, session)
        seen.append(await store.heads("Patient", ["p1", "p2"]))
        return stored

    monkeypatch.setattr(Together, "put", put)
    await store.write([write("p1", named("B")), write("p2", named("B"))], together=True)
    assert seen == [{"p1": Head(1, deleted=False)}]
    assert len(await store.heads("Patient", ["p1", "p2"])) == 2


async def test_one_that_is_given_up_in_the_middle_leaves_nothing(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.write([write("p1", named("A"))])
    begun, original = asyncio.Event(), Together.put

    async def put(writes: Together, session: Any) -> list[Stored]:
        stored = await original(writes, session)
        begun.set()
        await asyncio.sleep(60)
        return stored

    monkeypatch.setattr(Together, "put", put)
    request = asyncio.create_task(store.write([write("p1", named("B")), write("p2", named("B"))], together=True))
    await begun.wait()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    monkeypatch.undo()
    assert await store.heads("Patient", ["p1", "p2"]) == {"p1": Head(1, deleted=False)}
    assert [each.version for each in await store.write([write("p1", named("C"))])] == [2]


async def test_of_fifty_over_the_same_version_one_wins_whole(store: Repository) -> None:
    await store.write([write("p1", named("A"))])
    outcomes = await asyncio.gather(
        *(
            store.write([write(f"q{number}", named("B")), write("p1", named("B"), expected=1)], together=True)
            for number in range(50)
        ),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes if isinstance(each, Exception)) == ["VersionConflict"] * 49
    assert await store.count("Patient", And()) == 2


async def test_of_fifty_with_the_same_key_one_wins_whole(store: Repository) -> None:
    outcomes = await asyncio.gather(
        *(
            store.write([write(f"d{number}", device()), write(f"p{number}", named("A"), keys=("k",))], together=True)
            for number in range(50)
        ),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes if isinstance(each, Exception)) == ["DuplicateKey"] * 49
    assert await store.count("Device", And()) == await store.count("Patient", And()) == 1


async def test_they_race_with_single_writes_and_lose_nothing(store: Repository) -> None:
    outcomes = await asyncio.gather(
        *(store.write([write("p1", named(f"T{n}")), write(f"q{n}", named("B"))], together=True) for n in range(10)),
        *(store.write([write("p1", named(f"S{n}"))]) for n in range(10)),
    )
    assert sorted(stored[0].version for stored in outcomes) == list(range(1, 21))
    assert [each.version for each in await store.history("Patient", "p1", 30)] == list(range(20, 0, -1))


async def test_the_copy_of_a_write_that_was_not_finished_is_no_hindrance(store: Repository, database: Any) -> None:
    await store.write([write("p1", named("A"))])
    [document] = await database["Patient"].find().to_list(1)
    await database["Patient.history"].insert_one(earlier(document))
    await store.write([write("p1", named("B")), write("p2", named("B"))], together=True)
    assert [each.version for each in await store.history("Patient", "p1", 10)] == [2, 1]


async def test_a_write_does_not_hang_on_a_transaction_that_nobody_ends(
    store: Repository, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.mongo.store.LONGEST", 0.5)
    await store.write([write("p1", named("A")), write("p2", named("A"))])
    session = await database.client.start_session()
    session.start_transaction()
    await database["Patient"].update_one({"_id": "p1"}, {"$set": {"author": "nobody"}}, session=session)
    with pytest.raises(StoreUnavailable, match="too busy"):
        await store.write([write("p1", named("B"))])
    assert (await store.write([write("p2", named("B"))]))[0].version == 2
    assert (await store.read("Patient", ["p1"]))["p1"]["name"] == [{"family": "A"}]
    await session.abort_transaction()
    await session.end_session()
    assert (await store.write([write("p1", named("C"))]))[0].version in (2, 3)


@pytest.mark.parametrize("fails", [2, 1])
@pytest.mark.parametrize("label", ["TransientTransactionError", "UnknownTransactionCommitResult"])
async def test_what_the_driver_calls_worth_repeating_is_repeated(
    store: Any, monkeypatch: pytest.MonkeyPatch, label: str, fails: int
) -> None:
    session = type(await store._running().collections.database.client.start_session())
    original, left = session.commit_transaction, [None] * fails

    async def commit(self: Any) -> None:
        if left:
            left.pop()
            raise AutoReconnect("", {"errorLabels": [label]})
        await original(self)

    monkeypatch.setattr(session, "commit_transaction", commit)
    stored = await store.write([write("p1", named("A")), write("p2", named("A"))], together=True)
    assert [each.version for each in stored] == [1, 1]
    assert await store.count("Patient", And()) == 2


@pytest.mark.parametrize(
    "error",
    [
        OperationFailure("", 112, {"errorLabels": ["TransientTransactionError"]}),
        AutoReconnect("", {"errorLabels": ["UnknownTransactionCommitResult"]}),
        ServerSelectionTimeoutError("", {"errorLabels": ["TransientTransactionError"]}),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_fails_again_and_again_is_given_up(
    store: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def commit(_: Any) -> None:
        raise error

    monkeypatch.setattr("app.store.mongo.transactions.LONGEST", 0.2)
    session = type(await store._running().collections.database.client.start_session())
    monkeypatch.setattr(session, "commit_transaction", commit)
    with pytest.raises(StoreUnavailable):
        await store.write([write("p1", named("A")), write("p2", named("A"))], together=True)
    monkeypatch.undo()
    assert await store.count("Patient", And()) == 0
    assert await store.write([write("p1", named("A"))])
