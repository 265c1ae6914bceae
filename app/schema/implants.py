"""`Implant`: a device and the patient it went to or came from, who did it, where and when; and pages of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from app.fhir.reference import Target, parse
from app.recall.listing import page_of
from app.recall.merging import is_deceased, links
from app.recall.reading import forms
from app.schema.references import Wanted, resolve_reference
from app.schema.search_arguments import row_count
from app.schema.types.fields import ResolvedField, argument, define, list_of, nullable
from app.schema.types.scalars import scalar_for
from app.search.algebra import Search

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator, Mapping

    from strawberry.types import Info
    from strawberry.types.field import StrawberryField

    from app.fhir.resource import Json, Resource
    from app.recall.criteria import Criteria
    from app.recall.implants import Implant
    from app.recall.listing import Edge, ImplantPage, Listing, Place, Source
    from app.schema.context import Context
    from app.schema.types.derive import FhirTypes

FIRST: Final = argument("first", nullable(int), "So many from the start, or after `after`.")
AFTER: Final = argument("after", nullable(str), "A cursor: those that follow it.")


@dataclass(slots=True)
class ImplantList:
    """A page of a listing, read when it is first asked for."""

    listing: Listing
    source: Source
    first: int
    after: Place | None
    criteria: Criteria | None = None  # those of a recall, for its totals
    _page: asyncio.Task[ImplantPage] | None = field(default=None, init=False)

    @classmethod
    def of(
        cls,
        listing: Listing,
        source: Source,
        arguments: Mapping[str, Any],
        max_rows: int,
        criteria: Criteria | None = None,
    ) -> ImplantList:
        """The page that `first` and `after` ask for. Raises InvalidSearch."""
        after = arguments.get("after")
        place = None if after is None else listing.place(after)
        return cls(listing, source, row_count("first", arguments.get("first"), max_rows), place, criteria)

    def page(self) -> Awaitable[ImplantPage]:
        """The page, read once."""
        if self._page is None:
            self._page = asyncio.ensure_future(page_of(self.listing, self.source, self.first, self.after))
        return self._page


@dataclass(frozen=True, slots=True)
class ImplantTypes:
    """The GraphQL types of an implant, of an edge, and of a page without totals; Relay's PageInfo."""

    implant: type
    edge: type
    connection: type
    page_info: type

    @classmethod
    def of(cls, types: FhirTypes, page_info: type) -> ImplantTypes:
        """The types on top of the FHIR types."""
        implant = type("Implant", (), {})
        define(
            implant,
            _fields(types),
            description="A device and a patient: what a procedure did with the device, or what the device itself says.",
        )
        edge = type("ImplantEdge", (), {})
        define(
            edge,
            [
                ResolvedField.of("cursor", str, "Its place in the list, for `after`.", _cursor),
                ResolvedField.of("node", implant, "The device, the patient and what joins them.", _node),
            ],
            description="An implant in a list.",
        )
        connection = type("ImplantConnection", (), {})
        define(connection, page_fields(edge, page_info), description="A page of implants, the newest first.")
        return cls(implant, edge, connection, page_info)


def page_fields(edge: type, page_info: type) -> list[StrawberryField]:
    """`edges` and `pageInfo` of a type whose values are ImplantLists."""
    return [
        ResolvedField.of("edges", list_of(edge), "The implants of the page.", _edges),
        ResolvedField.of("pageInfo", page_info, "Where the page stands.", _page_info),
    ]


def entered(implant: Implant, context: Context) -> Implant:
    """The implant, its documents known to the request so that references inside them lead somewhere."""
    if implant.procedure is not None:
        context.containers.enter(implant.procedure)
    if context.containers.place(implant.device) == "stored":
        context.containers.enter(implant.device)
    return implant


def _fields(types: FhirTypes) -> Iterator[StrawberryField]:
    fhir = types.classes
    date, action, code = scalar_for("dateTime"), fhir["CodeableConcept"], nullable(scalar_for("code"))
    device, procedure, patient = (nullable(fhir[name]) for name in ("Device", "Procedure", "Patient"))
    yield ResolvedField.of("device", device, "The device, also one contained in the procedure.", _device)
    yield ResolvedField.of("procedure", procedure, "Null where only the device tells.", _procedure)
    yield ResolvedField.of("patient", patient, "Null where the record is not on this server.", _patient)
    yield ResolvedField.of("practitioner", nullable(fhir["Practitioner"]), "The first who performed it.", _practitioner)
    yield ResolvedField.of(
        "organization",
        nullable(fhir["Organization"]),
        "On whose behalf it was done; the owner where only the device tells.",
        _organization,
    )
    yield ResolvedField.of("date", nullable(date), "When, as the procedure says it.", lambda i, _: i.date)
    yield ResolvedField.of("action", nullable(action), "What focalDevice says was done.", lambda i, _: i.action)
    yield ResolvedField.of("explanted", bool, "Whether that action took the device out.", lambda i, _: i.explanted)
    yield ResolvedField.of(
        "namedBy",
        code,
        "Who names the patient: procedure | device. `device` beside a procedure means that the two disagree.",
        lambda i, _: i.named_by,
    )
    yield ResolvedField.of(
        "patientDeceased", nullable(bool), "Whether the patient's record says so; null without a record.", _deceased
    )
    yield ResolvedField.of(
        "mergedInto",
        patient,
        "The record that replaced the patient's, at the end of a chain of merges; null where none did.",
        _merged_into,
    )


def _cursor(edge: tuple[ImplantList, Edge], _info: object) -> str:
    implants, found = edge
    return implants.listing.cursor(found.place)


def _node(edge: tuple[ImplantList, Edge], info: Info[Context, None]) -> Implant:
    return entered(edge[1].implant, info.context)


async def _edges(implants: ImplantList, _info: object) -> list[tuple[ImplantList, Edge]]:
    page = await implants.page()
    return [(implants, edge) for edge in page.edges]


async def _page_info(implants: ImplantList, _info: object) -> dict[str, Json]:
    page, cursor = await implants.page(), implants.listing.cursor
    return {
        "hasNextPage": page.has_next,
        "hasPreviousPage": implants.after is not None,  # the cursor's own row is ahead
        "startCursor": cursor(page.edges[0].place) if page.edges else None,
        "endCursor": cursor(page.edges[-1].place) if page.edges else None,
    }


def _device(implant: Implant, _info: object) -> Resource:
    return implant.device


def _procedure(implant: Implant, _info: object) -> Resource | None:
    return implant.procedure


def _resolved(reference: Json, expected: str, info: Info[Context, None]) -> Awaitable[Resource | None] | None:
    return resolve_reference(reference, info, Wanted(expected, optional=True))


def _patient(implant: Implant, info: Info[Context, None]) -> Awaitable[Resource | None] | None:
    return _resolved(implant.patient, "Patient", info)


def _organization(implant: Implant, info: Info[Context, None]) -> Awaitable[Resource | None] | None:
    return _resolved(implant.organization, "Organization", info)


async def _practitioner(implant: Implant, info: Info[Context, None]) -> Resource | None:
    actor, parsed = implant.practitioner, parse(implant.practitioner)
    if isinstance(parsed, Target) and parsed.type == "PractitionerRole":
        finding = _resolved(actor, "PractitionerRole", info)
        role = await finding if finding else None
        actor = role.get("practitioner") if role else None
    found = _resolved(actor, "Practitioner", info)
    return await found if found else None


async def _deceased(implant: Implant, info: Info[Context, None]) -> bool | None:
    found = _patient(implant, info)
    patient = await found if found else None
    return is_deceased(patient) if patient else None


async def _merged_into(implant: Implant, info: Info[Context, None]) -> Resource | None:
    """Step by step, each one a batch for all implants of the level; a circle of records leads nowhere."""
    context = info.context
    found = _patient(implant, info)
    first = patient = await found if found else None
    passed: set[str] = set()
    while patient is not None and patient["id"] not in passed:
        passed.add(patient["id"])
        following = await _successor(patient, context)
        if following is None:
            return context.containers.enter(patient) if patient is not first else None
        patient = following
    return None


async def _successor(patient: Resource, context: Context) -> Resource | None:
    """The record that replaced this one, told by either of them."""
    target = forms("Patient", patient["id"], context.search_base)
    replacing = context.loaders.related("Patient", "replaces", target, Search(count=1))
    own = next(links(patient, context.search_base, ("replaced-by",)), None)
    if own is not None:
        return await context.loaders.load("Patient", own)
    page = await replacing
    return page.rows[0].resource if page.rows else None
