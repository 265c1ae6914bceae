"""Requests that write, made by chance, are answered alike by the embedded store and by MongoDB."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from app.search.index import search_index
from app.store.mongo import MongoStore
from tests.builders import DISCRIMINATOR, device, procedure

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Product, Start

IDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
PASSING = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z|\"id\":\"[0-9a-f]{16}\"")
"""Times, and the ids of requests."""

CONDITIONS = (None, None, None, "*", 'W/"1"', "2", "3", "0", "none")
PATCHES = (
    {"op": "add", "path": "/language", "value": "fr"},
    {"op": "test", "path": "/language", "value": "fr"},
    {"op": "replace", "path": "/identifier/0/value", "value": "1"},
    {"op": "remove", "path": "/identifier"},
)


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Sender:
    """Makes requests about few resources with few identifiers, so that they meet."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - to be repeated

    def request(self) -> Sent:
        kinds = (
            self._create,
            self._put,
            self._put,
            self._patch,
            self._delete,
            self._transmit,
            self._transmit,
            self._read,
        )
        return self._chance.choice(kinds)()

    def _create(self) -> Sent:
        kind = self._kind()
        return Sent("POST", f"/fhir/{kind}", self._resource(kind), self._if_none_exist(kind))

    def _put(self) -> Sent:
        kind, id_ = self._kind(), self._id()
        return Sent("PUT", f"/fhir/{kind}/{id_}", self._resource(kind, id_), self._if_match())

    def _patch(self) -> Sent:
        patch = {"content-type": "application/json-patch+json", **self._if_match()}
        return Sent("PATCH", f"/fhir/{self._kind()}/{self._id()}", [self._chance.choice(PATCHES)], patch)

    def _delete(self) -> Sent:
        return Sent("DELETE", f"/fhir/{self._kind()}/{self._id()}", None, self._if_match())

    def _read(self) -> Sent:
        return Sent("GET", f"/fhir/{self._kind()}/{self._id()}{self._chance.choice(('', '/_history'))}")

    def _transmit(self) -> Sent:
        entries = [self._entry() for _ in range(self._chance.randint(1, 5))]
        return Sent(
            "POST",
            "/fhir",
            {"resourceType": "Bundle", "type": "transaction", "entry": entries},
            {"prefer": "return=representation"},
        )

    def _entry(self) -> Document:
        sent = self._chance.choice((self._create, self._put, self._delete))()
        held = {} if sent.body is None else {"resource": sent.body}
        conditions = {"if-match": "ifMatch", "if-none-exist": "ifNoneExist"}
        request = {"method": sent.method, "url": sent.path.removeprefix("/fhir/")}
        return {**held, "request": request | {conditions[name]: value for name, value in sent.headers.items()}}

    def _kind(self) -> str:
        return self._chance.choice(("Device", "Procedure"))

    def _id(self) -> str:
        return f"x{self._chance.randint(1, 4)}"

    def _number(self) -> str:
        return str(self._chance.randint(1, 4))

    def _resource(self, kind: str, id_: str | None = None) -> Document:
        if kind == "Device":
            return device(id=id_, lotNumber=self._number(), identifier=[{"system": "urn:d", "value": self._number()}])
        numbered = {"type": {"coding": [{"system": DISCRIMINATOR, "code": "idIntervention"}]}, "value": self._number()}
        return procedure(id=id_, identifier=[numbered], status=self._chance.choice(("completed", "entered-in-error")))

    def _if_match(self) -> dict[str, str]:
        condition = self._chance.choice(CONDITIONS)
        return {"if-match": condition} if condition else {}

    def _if_none_exist(self, kind: str) -> dict[str, str]:
        asked = kind == "Device" and self._chance.random() < 0.5
        return {"if-none-exist": f"identifier=urn:d|{self._number()}"} if asked else {}


class Receiver:
    """A server, and the ids that it made, each by the order in which it was told."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._ids: dict[str, str] = {}

    async def told(self, sent: Sent) -> tuple[int, str, str]:
        body = None if sent.body is None else json.dumps(sent.body)
        headers = {"content-type": "application/fhir+json", **sent.headers}
        response = await self._product.http.request(sent.method, sent.path, content=body, headers=headers)
        text = IDS.sub(lambda found: self._ids.setdefault(found[0], f"#{len(self._ids)}"), response.text)
        return response.status_code, response.headers.get("etag", ""), PASSING.sub("", text)


@pytest.mark.parametrize(
    ("seed", "requests"), [(1, 60), *(pytest.param(seed, 300, marks=pytest.mark.long) for seed in range(2, 22))]
)
async def test_both_stores_answer_alike_whatever_is_written(
    start: Start, secantusd_port: int, seed: int, requests: int
) -> None:
    settings = {"DMI_UPDATE_CREATE": "on", "DMI_REFERENCES": "ignore"}
    wire = MongoStore(f"mongodb://127.0.0.1:{secantusd_port}/{uuid4().hex}", search_index())
    embedded = Receiver(await start(environment=settings))
    mongodb = Receiver(await start(environment=settings, wrap=lambda _: wire))
    sender = Sender(seed)
    for number in range(requests):
        sent = sender.request()
        assert await embedded.told(sent) == await mongodb.told(sent), (number, sent)
