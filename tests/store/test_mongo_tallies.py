"""The stages that count in MongoDB, as tables; and the limits of long aggregations."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from mongomock_motor import AsyncMongoMockClient

from app.search.algebra import And, Facet, Link, SortKey
from app.search.algebra import Search as Asked
from app.store.mongo import MongoStore, store
from app.store.mongo.links import Matched
from app.store.mongo.related import Relation
from app.store.mongo.tallies import COMPLETE, pipeline, texts
from tests.store.toy import INDEX

if TYPE_CHECKING:
    from app.store.repository import Tally

DEVICE = Link("device", "Device", ("Device/",))
ALL = Matched({"deleted": False})

TEXTS: list[tuple[Facet, Any]] = [
    (Facet("status"), {"$ifNull": ["$ix.status", []]}),
    (
        Facet("date", length=7),
        {"$cond": [{"$eq": [{"$ifNull": ["$sort.date", None]}, None]}, [], [{"$substrCP": ["$sort.date", 0, 7]}]]},
    ),
    (
        Facet("type", DEVICE),
        {
            "$reduce": {
                "input": "$via0",
                "initialValue": [],
                "in": {"$setUnion": ["$$value", {"$ifNull": ["$$this.ix.type", []]}]},
            }
        },
    ),
]


@pytest.mark.parametrize(("facet", "expected"), TEXTS, ids=str)
def test_a_document_becomes_the_set_of_its_texts(facet: Facet, expected: Any) -> None:
    assert texts(facet, {DEVICE: "via0"}) == expected


def test_facets_of_one_link_share_its_look_up() -> None:
    stages = pipeline(ALL, [Facet("type", DEVICE), Facet("status"), Facet("lot_number", DEVICE, length=2)], 10)
    names = [next(iter(stage)) for stage in stages]
    assert names == ["$match", "$addFields", "$lookup", "$project", "$facet"]
    assert stages[2]["$lookup"]["pipeline"] == [
        {"$match": {"deleted": False}},
        {"$project": {"_id": False, "ix.type": True, "sort.lot_number": True}},
    ]


def test_a_document_is_read_no_further_than_the_facets_need() -> None:
    [_, project, facets] = pipeline(ALL, [Facet("status"), Facet("date", length=4)], 10)
    assert set(project["$project"]) == {"_id", "facet0", "facet1"}
    assert set(facets["$facet"]) == {"facet0", "facet1"}


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("urn:a|1", True),
        ("|1", True),
        ("urn:a\\|b|1\\|2", True),
        ("urn:a|\n", True),
        ("urn:a|", False),
        ("1", False),
        ("1\\|2", False),
        ("1\\\\|", False),
        ("1\\\\|2", True),
        ("urn:a\\|", False),
        ("", False),
    ],
)
def test_a_complete_token_has_a_system_and_a_code(text: str, complete: bool) -> None:
    assert bool(re.search(COMPLETE, text)) is complete


def test_what_refers_is_joined_in_the_order_of_its_sort_with_one_row_too_many() -> None:
    relation = Relation("Procedure", "patient", ALL)
    stages = relation.of_pages(Asked(And(), (SortKey("date", descending=True),), count=3, offset=2))
    [dated, undated] = [stage["$lookup"] for stage in stages if "$lookup" in stage]
    assert dated["pipeline"] == [
        {"$match": {"$and": [{"deleted": False}, {"sort.date": {"$gte": ""}}]}},
        {"$sort": {"sort.date": -1, "_id": 1}},
        {"$limit": 6},
        {"$project": {"resource": True, "sort.date": True}},
    ]
    assert undated["pipeline"][0] == {"$match": {"$and": [{"deleted": False}, {"sort.date": None}]}}
    assert {(each["from"], each["localField"], each["foreignField"]) for each in (dated, undated)} == {
        ("Procedure", "texts", "ix.patient")
    }


async def test_few_tallies_run_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0

    async def tallied(*_: Any) -> list[Tally]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return []

    monkeypatch.setattr(store, "tallied", tallied)
    opened = MongoStore(AsyncMongoMockClient()["dmi"], INDEX)
    await opened.open()
    await asyncio.gather(*(opened.tally("Procedure", And(), [Facet("status")]) for _ in range(20)))
    assert most == store.TALLIES
    await opened.close()
