"""The protocol of a store. Nothing above it knows which store it has.

Every method may raise StoreUnavailable: the store does not answer for now, and nothing is known to have changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Mapping, Sequence

    from app.fhir.resource import Resource
    from app.search.algebra import Facet, Filter, Position, Search


@dataclass(frozen=True, slots=True)
class Write:
    """A resource to keep as the next version of `type`/`id`; None deletes it: the next version is a tombstone.

    `expected` is the version that must be current: None is any, 0 is "there is none, or it is deleted". `keys` are
    texts that no two current resources of the store may have; a resource has those of its last write."""

    type: str
    id: str
    resource: Resource | None
    expected: int | None = None
    author: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as it is kept, with its id, `meta.versionId` and `meta.lastUpdated`; None where it is deleted.

    `changed` is False where it was equal to the current version (or deleted, or never there, if it was to be deleted),
    and no new version was made."""

    resource: Resource | None
    version: int
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Head:
    """The number of a resource's last version, and whether that is a tombstone."""

    version: int
    deleted: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An AuditEvent that tells of the use of a server; its id begins with its time, so that ids are in the order of
    time."""

    id: str
    resource: Resource


Operation: TypeAlias = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a resource, which is None in a tombstone.

    `at` is an instant of the server's clock, as in `meta.lastUpdated`. The first version and the first after a
    tombstone are a `create`. `keys` are those of a current version."""

    type: str
    id: str
    version: int
    at: str
    author: str
    operation: Operation
    resource: Resource | None
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A version that was stored, without keys, and the cursor behind which the feed goes on.

    A cursor is text that needs no escaping in an address; those of one store sort in the order of the changes."""

    cursor: str
    version: Version


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that were read together, maybe none, and the cursor up to which all are read: that of the last one, or a
    later one that is good for longer."""

    changes: Sequence[Change]
    reached: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is not as it should be with a resource of the store."""

    type: str
    id: str
    problem: Literal["unreadable", "search-values", "history", "keys"]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Who holds a name in the ledger, and what was answered under it, if that is known yet. `held` is whether it is the
    one who asked."""

    holder: str
    held: bool
    answer: str | None = None


class Row(Struct, frozen=True):
    """A resource found by a search, and where it stands in the sort."""

    resource: Resource
    position: Position


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in sort order; the flags are exact in both directions."""

    rows: Sequence[Row]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many matches have each text of a facet, the most frequent texts first (then by text), and how many different
    texts there are in all, also beyond the listed ones. A match that has several texts counts under each."""

    counts: Mapping[str, int]
    distinct: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What a store does for a read, in its own language and without values, and how: scans, searches by which index."""

    text: str
    plan: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexState:
    """An index of the store: where it is, its name, which never changes for the same index, and whether it is there,
    is missing, or is stale: made by another release and needed by nobody."""

    place: str
    name: str
    state: Literal["present", "missing", "stale"]


@dataclass(frozen=True, slots=True)
class Going:
    """What is erased of the resources that were to be, and what is written with that to tell of it: None where nothing
    is."""

    ids: Collection[str] = ()
    trail: Write | None = None


class LastLook(Protocol):
    """Whoever decides about an erasure when it is about to be done, of which it has seen all up to the point `since`.

    It may be asked several times for the same erasure."""

    @property
    def since(self) -> str:
        """A point in the order of writes, as `Repository.reached` tells it."""

    def decide(
        self,
        type: str,  # noqa: A002 - FHIR's word
        heads: Mapping[str, Head],
        written: Iterable[Resource],
        reached: str,
    ) -> Going:
        """What goes of the resources of a type whose last versions are given, by id, after a look at what has been
        written behind `since`; what comes later is behind `reached`."""


class Repository(Protocol):
    """Current and earlier versions of FHIR resources, found by id or by search values."""

    @property
    def in_process(self) -> bool:
        """Whether this process does the reading, so that several reads end no sooner at once than one by one."""

    async def open(self) -> None:
        """Connect, and create what is missing (tables, indexes). Raises StoreUnusable where that cannot ever work;
        a server that is away for now is no error here: requests fail until it is back, then work."""

    async def close(self) -> None:
        """Finish what runs and let go of files and connections."""

    async def ready(self) -> None:
        """Return when the store answers; raise StoreUnavailable within seconds when it does not."""

    def busy(self) -> Mapping[str, int]:
        """What goes on now in this process, by name: how many run, and how many wait."""

    async def read(
        self,
        type: str,  # noqa: A002 - FHIR's word
        ids: Collection[str],
        elements: Collection[str] | None = None,
    ) -> Mapping[str, Resource]:
        """The current resources under those ids, by id, in one command; what is unknown or deleted is left out.

        Where `elements` are named, others need not be read; `resourceType`, `id`, `meta` and `contained` always are."""

    async def heads(self, type: str, ids: Collection[str]) -> Mapping[str, Head]:  # noqa: A002 - FHIR's word
        """The last versions of the resources under those ids, by id, also of deleted ones; unknown ids are left out."""

    async def version(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        version: int | None = None,
        as_of: str | None = None,
    ) -> Version | None:
        """The version of that number, or the one that was current at an instant (a `meta.lastUpdated` in UTC); the last
        one, if neither is given. It may be a tombstone; None where there is none."""

    async def history(
        self,
        type: str,  # noqa: A002 - FHIR's word
        id: str,  # noqa: A002 - FHIR's word
        count: int,
        before: int | None = None,
    ) -> Sequence[Version]:
        """Up to `count` versions of a resource, the last first, or those before the version `before`."""

    async def histories(self, type: str, after: str, count: int) -> Sequence[Sequence[Version]]:  # noqa: A002 - FHIR's word
        """All versions, the first of each first, of the next `count` resources by id, also deleted ones; "" is before
        all ids. Each resource is whole as it is read; what is written meanwhile may be missing."""

    async def search(self, type: str, search: Search) -> Page:  # noqa: A002 - FHIR's word
        """One page of the current resources of a type."""

    async def count(self, type: str, filter: Filter) -> int:  # noqa: A002 - FHIR's word
        """How many current resources of a type a filter matches, exactly."""

    async def related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        search: Search,
    ) -> Sequence[Page]:
        """For each target, in one command, the first page of the resources of a type that refer to it.

        A target is the texts by which `parameter` may name one resource: ("Patient/x",), or that and its address. The
        search's filter, sort, count and offset hold for each page; it has no `after` and no `before`."""

    async def count_related(
        self,
        type: str,  # noqa: A002 - FHIR's word
        parameter: str,
        targets: Sequence[Sequence[str]],
        filter: Filter,  # noqa: A002 - the algebra's word
    ) -> Sequence[int]:
        """For each target, in one command, how many resources of a type refer to it and match the filter."""

    async def tally(
        self,
        type: str,  # noqa: A002 - FHIR's word
        filter: Filter,  # noqa: A002 - the algebra's word
        facets: Sequence[Facet],
        at_most: int = 1_000,
    ) -> Sequence[Tally]:
        """The current resources of a type that a filter matches, counted by each facet; `at_most` texts are listed.

        Each resource counts once under a text. It may take seconds over millions, and never keeps others waiting."""

    async def explain(self, method: str, type: str, *arguments: Any) -> Sequence[Statement]:  # noqa: A002 - FHIR's word
        """What one of the methods that read is in this store; it is done again for that."""

    async def indexes(self) -> Sequence[IndexState]:
        """The indexes there are or should be, by place and name."""

    async def drop_stale(self) -> Sequence[IndexState]:
        """Drop the stale indexes, and answer which ones."""

    async def write(self, writes: Sequence[Write], *, together: bool = False) -> Sequence[Stored]:
        """Keep each resource as the next version, in that order, and answer what is stored. Durable on return.

        One write is whole or absent. Several are one transaction if `together`, and always on the embedded store; else
        each stands alone on MongoDB. Raises VersionConflict at the first write whose expected version is not the
        current one, DuplicateKey at the first with a key that another resource has (that is, of those written
        `together`, when all is done), NoTransactions where the server of the store has none, StoreFull where there is
        no room."""

    async def restore(self, histories: Sequence[Sequence[Version]]) -> int:
        """Keep whole histories as they were read from another store, with their numbers, times, authors and keys, each
        in place of what is kept under its id; answers how many were not there already in the same words."""

    async def reached(self) -> str:
        """The point that the order of writes has reached."""

    def written(self, since: str) -> AsyncIterator[Resource]:
        """The current resources that have been written behind a point. One may come twice, and on MongoDB some come
        that were written up to a minute before. Constant memory."""

    async def latest(self) -> str:
        """The cursor behind which comes whatever is written from now on. Raises NoChanges where the server of the store
        does not tell of changes."""

    def changes(
        self, since: str, types: Collection[str] | None = None, until: str | None = None
    ) -> AsyncGenerator[Batch]:
        """What is written behind a cursor, also by other processes, in the order of writes and each change once; of
        these types, if any are named. Without end, unless that is told: then up to a cursor, with that.

        It comes as soon as it is there, in batches of about 1 MiB at most unless a resource is larger; one without a
        change tells how far the reading has come meanwhile. What was erased since is left out; of a restored
        history the last version is a change. Raises InvalidCursor, CursorGone where what follows it is no longer kept,
        NoChanges, and StoreUnavailable: whoever begins again with the last cursor has missed nothing. To be closed
        (`contextlib.aclosing`)."""

    async def erase(self, type: str, ids: Collection[str], look: LastLook | None = None) -> int:  # noqa: A002 - FHIR's word
        """Remove resources for good with all of their versions and search values; answers how many there were.

        With a `look` it is decided what goes, and told of, in the same transaction. On the embedded store nothing can
        be written between that and the removal; on MongoDB a resource that refers to one of these may be, and without
        transactions also a new version of one."""

    async def inspect(self, type: str, after: str, count: int) -> tuple[str | None, Sequence[Flaw]]:  # noqa: A002 - FHIR's word
        """Look through the next `count` resources by id: are they readable, found by what the index reads from them, is
        their history whole. Answers the last id, None at the end, and what is wrong."""

    async def repair(self, type: str, ids: Collection[str]) -> None:  # noqa: A002 - FHIR's word
        """Make the search values of resources anew."""

    async def keep_events(self, events: Sequence[Event]) -> None:
        """Keep events of use, apart from all resources; one that is there already stays. Durable on return."""

    async def events(self, after: str, count: int) -> Sequence[Event]:
        """The next events of use behind an id, in the order of their ids; "" is before all of them."""

    async def forget_events(self, before: str) -> int:
        """Remove the events of use ahead of an id for good; answers how many there were."""

    async def reserve(self, name: str, holder: str, seconds: float) -> Reservation:
        """Hold a name in the ledger for a time, unless somebody else holds it; whoever comes first has it, also among
        processes. The same holder may ask again. Nobody holds a name after its time."""

    async def settle(self, name: str, holder: str, answer: str | None) -> None:
        """Note the answer that was given under a name, to be told until its time is over; None lets go of the name.
        Nothing happens where somebody else holds it."""
