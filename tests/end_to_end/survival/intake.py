"""Intake software under the worst conditions: clients write without end, repeat what was not answered, and remember
what they were told. What a store then holds must be that, to the last version."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import httpx

from tests.builders import DISCRIMINATOR, device, patient, procedure
from tests.end_to_end.survival.doors import DOORS, Refused, Told, client
from tests.end_to_end.survival.places import look_into

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from tests.builders import Document
    from tests.end_to_end.survival.doors import Door

T = TypeVar("T")

CLIENTS = 8
LAST = 120.0
"""Seconds in which what a test waits for has to happen."""

PAUSE = 0.2
"""Seconds between two looks, and before a request is repeated."""

WORTH_REPEATING = {"transient", "lock-error"}
SYSTEM = "urn:intake"


@dataclass
class Intake:
    """What the clients were told: by place and version the content that was acknowledged, None for a deletion; and how
    often they had no answer (""), or which code and status, by the name of the door."""

    versions: dict[str, dict[int, Document | None]] = field(default_factory=dict)
    unanswered: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    told: int = 0
    stopped: bool = False
    abandoned: bool = False
    clients: list[Future[None]] = field(default_factory=list)

    def more_told(self, number: int = 8 * CLIENTS) -> None:
        """Return when so many more requests are acknowledged."""
        end = self.told + number
        self.until(lambda: self.told >= end)

    def more_refused(self, number: int = CLIENTS) -> None:
        """Return when so many more requests are refused."""
        end = self.unanswered.total() + number
        self.until(lambda: self.unanswered.total() >= end)

    def until(self, holds: Callable[[], bool]) -> None:
        """Return when something holds, raise what a client has met meanwhile."""
        end = time.monotonic() + LAST
        while not holds():
            for each in self.clients:
                if each.done():
                    each.result()
            assert time.monotonic() < end, self.unanswered
            time.sleep(PAUSE)

    def finish(self) -> None:
        """Have each client repeat what is not answered yet, until it is, and end."""
        self.stopped = True
        done, _ = wait(self.clients, LAST, FIRST_EXCEPTION)
        for each in done:
            each.result()
        assert len(done) == len(self.clients), self.unanswered

    def note(self, place: str, version: int, content: Document | None) -> None:
        """Remember what was acknowledged, which was never so before."""
        assert version not in self.versions.setdefault(place, {}), f"{place} has version {version} twice"
        self.versions[place][version] = content


class Client:
    """Does everything an intake does, to resources that are its own."""

    def __init__(self, intake: Intake, name: str, door: Door) -> None:
        self._intake = intake
        self._name = name
        self._door = door

    def work(self) -> None:
        for number in count():
            if self._intake.stopped:
                return
            self._course(f"{self._name}.{number}", is_deleted=number % 2 == 0)

    def _course(self, name: str, *, is_deleted: bool) -> None:
        first = identified(name)
        person = self._kept(lambda: self._door.create(first, f"identifier={SYSTEM}|{name}"), first)
        for family in (f"{name}.1", f"{name}.2"):
            self._put(person, identified(name, family=family))
        key, numbered = str(uuid4()), numbered_procedure(name)
        act = self._kept(lambda: self._door.create(numbered, key=key), numbered)
        self._transmit(name, person, act)
        if is_deleted:
            self._until_told(lambda: self._door.delete(person.place))
            self._intake.note(person.place, max(self._intake.versions[person.place]) + 1, None)

    def _transmit(self, name: str, person: Told, act: Told) -> None:
        """A device that refers to another new resource, an update, and a deletion: together."""
        key, url, changed = str(uuid4()), f"urn:uuid:{uuid4()}", identified(name, family=f"{name}.3")
        relative = identified(f"{name}-relative")
        bundle = transaction(
            entry("POST", "Device", device(id=None, lotNumber=name, patient={"reference": url})),
            entry("POST", "Patient", relative, url, ifNoneExist=f"identifier={SYSTEM}|{name}-relative"),
            entry("PUT", person.place, changed),
            entry("DELETE", act.place),
        )
        told = self._until_told(lambda: self._door.transmit(bundle, key))
        implant, other, updated, _ = told
        assert implant
        assert other
        assert updated
        self._intake.note(
            implant.place, implant.version, device(id=None, lotNumber=name, patient={"reference": other.place})
        )
        self._intake.note(other.place, other.version, relative)
        self._intake.note(updated.place, updated.version, changed)
        self._intake.note(act.place, act.version + 1, None)

    def _put(self, person: Told, content: Document) -> None:
        self._kept(lambda: self._door.update(person.place, content), content)

    def _kept(self, write: Callable[[], Told], content: Document) -> Told:
        told = self._until_told(write)
        self._intake.note(told.place, told.version, content)
        return told

    def _until_told(self, write: Callable[[], T]) -> T:
        """What a request is answered with, which is sent again and again as it is. One that hangs is not."""
        while True:
            try:
                answer = write()
            except httpx.TimeoutException:
                raise
            except httpx.TransportError:
                self._not_told("", 0)
            except Refused as refusal:
                if refusal.code not in WORTH_REPEATING:
                    raise
                self._not_told(refusal.code, refusal.status)
            else:
                self._intake.told += 1
                return answer

    def _not_told(self, code: str, status: int) -> None:
        self._intake.unanswered[type(self._door).__name__, code, status] += 1
        assert not self._intake.abandoned
        time.sleep(PAUSE)


@contextmanager
def working(*urls: str) -> Iterator[Intake]:
    """Clients at work on servers, whether these are there or not, as many at each of their doors."""
    intake = Intake()
    with ExitStack() as stack, ThreadPoolExecutor(CLIENTS) as pool:
        doors = [door(stack.enter_context(client(url))) for url in urls for door in DOORS]
        try:
            for number in range(CLIENTS):
                worker = Client(intake, f"c{number}", doors[number % len(doors)])
                intake.clients.append(pool.submit(worker.work))
            yield intake
        finally:
            intake.stopped = intake.abandoned = True


def holds_what_was_told(store: str, intake: Intake) -> None:
    """Each acknowledged version is there as it was sent, and no other one; nothing is doubled or out of order."""
    found = look_into(store)
    kept = found.histories
    assert {place: {each.version: content(each.resource) for each in versions} for place, versions in kept.items()} == {
        place: {version: content(sent) for version, sent in versions.items()}
        for place, versions in intake.versions.items()
    }
    for versions in kept.values():
        assert [each.version for each in versions] == list(range(1, len(versions) + 1))
    assert found.flaws == []


def is_read_back(intake: Intake, url: str) -> None:
    """What is current, of a type with updates and deletions, is answered as it was sent."""
    current = {
        place: content(versions[max(versions)])
        for place, versions in intake.versions.items()
        if place.startswith("Patient/") and versions[max(versions)] is not None
    }
    read: dict[str, Document | None] = {}
    with client(url) as http:
        cursor: str | None = ""
        while cursor is not None:
            page = http.post("/graphql", json={"query": PAGE, "variables": {"cursor": cursor or None}}).json()["data"]
            resources = [edge["node"]["raw"] for edge in page["PatientConnection"]["edges"]]
            read |= {f"Patient/{each['id']}": content(each) for each in resources}
            cursor = page["PatientConnection"]["next"]
    assert read == current


PAGE = "query($cursor: String) { PatientConnection(_count: 500, _cursor: $cursor) { next edges { node { raw } } } }"


def content(resource: Document | None) -> Document | None:
    """A resource without what the server adds."""
    return None if resource is None else {name: value for name, value in resource.items() if name not in ("id", "meta")}


def identified(name: str, family: str = "Martin") -> Document:
    """A patient that has an identifier of its own."""
    return patient(id=None, identifier=[{"system": SYSTEM, "value": name}], name=[{"family": family}])


def numbered_procedure(name: str) -> Document:
    """A procedure that has a number of its own."""
    return procedure(
        identifier=[{"type": {"coding": [{"system": DISCRIMINATOR, "code": "idIntervention"}]}, "value": name}]
    )


def transaction(*entries: Document) -> Document:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def entry(method: str, url: str, resource: Document | None = None, full_url: str = "", **request: str) -> Document:
    held = {"resource": resource} if resource else {}
    named = {"fullUrl": full_url} if full_url else {}
    return {**named, **held, "request": {"method": method, "url": url, **request}}
