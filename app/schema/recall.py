"""`ImplantRecall`: every patient who carries, carried or may carry a device of a lot, in one query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from strawberry.types.nodes import SelectedField

from app.fhir.reference import ID
from app.recall.criteria import ARGUMENTS, Criteria, criteria_of
from app.recall.finding import RecallSource
from app.recall.listing import sort_of
from app.recall.naming import named
from app.recall.rows import recall_listing
from app.recall.totals import totals
from app.schema.implants import AFTER, FIRST, ImplantList, page_fields
from app.schema.types.fields import ResolvedField, argument, define, document_field, list_of, nullable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from strawberry.types import Info
    from strawberry.types.arguments import StrawberryArgument
    from strawberry.types.field import StrawberryField
    from strawberry.types.nodes import Selection

    from app.fhir.resource import Json, Resource
    from app.schema.context import Context
    from app.schema.implants import ImplantTypes
    from app.schema.types.derive import FhirTypes

SORT: Final = argument("_sort", nullable(str), "-date, the newest first, unless told; or date. What has none is last.")
_DESCRIPTION: Final = (
    "Who carries these devices: one row for each device that a procedure implanted, used, contains or took out, then "
    "one for each device that names a patient and has no procedure (not where implantedFrom or implantedTo is given: "
    "totals.withoutProcedure counts them). Procedures entered-in-error and not-done are left out. A list is OR, "
    "several arguments are AND, and at least one of the first six is required."
)


def recall_field(types: FhirTypes, implant_types: ImplantTypes, month: type) -> StrawberryField:
    """The root field; `month` is the type of a month and a number."""
    connection = type("ImplantRecallConnection", (), {})
    define(
        connection,
        [
            ResolvedField.of(
                "totals", nullable(_totals_type(types, month)), "Exact, also where the rows are many.", _totals
            ),
            *page_fields(implant_types.edge, implant_types.page_info),
        ],
        description="A recall: how large it is, and a page of its implants.",
    )
    arguments = [*criteria_arguments(), FIRST, AFTER, SORT]
    return ResolvedField.of("ImplantRecall", nullable(connection), _DESCRIPTION, _recall, arguments)


def criteria_arguments(*without: str) -> list[StrawberryArgument]:
    """The criteria as GraphQL arguments, but for those named."""
    return [
        argument(each.name, list_of(str) if each.many else nullable(str), each.description)
        for each in ARGUMENTS
        if each.name not in without
    ]


def selected(info: Info[Context, None]) -> set[str]:
    """The names of the fields that the query wants below this one, whatever fragments they stand in."""
    return set(_names([child for each in info.selected_fields for child in each.selections]))


def month_type() -> type:
    """A month and a number."""
    month = type("MonthCount", (), {})
    define(
        month,
        [
            document_field("month", str, "Year and month in UTC: 2024-02."),
            document_field("count", int, "How many procedures."),
        ],
        description="The procedures of a month.",
    )
    return month


def months(counts: Mapping[str, int]) -> list[dict[str, Json]]:
    """The months in order."""
    return [{"month": month, "count": count} for month, count in sorted(counts.items())]


def _totals_type(types: FhirTypes, month: type) -> type:
    organization = type("OrganizationCount", (), {})
    define(
        organization,
        [
            ResolvedField.of(
                "organization",
                nullable(types.classes["Organization"]),
                "Null where it is not on this server.",
                _organization,
            ),
            document_field("count", int, "How many procedures."),
        ],
        description="The procedures done on behalf of an organization.",
    )
    found = type("ImplantRecallTotals", (), {})
    define(
        found,
        [
            document_field("procedures", int, "Procedures that used, contain or took out such a device."),
            document_field("patients", int, "Patients; records merged by Patient.link are one."),
            document_field("devices", int, "Devices, contained ones included."),
            document_field(
                "withoutProcedure", int, "Devices that name a patient and have no procedure, whatever the period."
            ),
            document_field("byOrganization", list_of(organization), "Procedures by organization, most first."),
            document_field("byMonth", list_of(month), "Procedures by month, in order."),
        ],
        description="How large a recall is; only what is asked for is counted.",
    )
    return found


async def _recall(_source: None, info: Info[Context, None], /, **arguments: Any) -> ImplantList:
    context = info.context
    names = {each.name for each in ARGUMENTS}
    asked = criteria_of({name: value for name, value in arguments.items() if name in names})
    base, sort = context.search_base, sort_of(arguments.get("_sort"))
    criteria = await named(context.repository, asked, base)
    listing = recall_listing(criteria, base, sort)
    source = RecallSource(context.repository, criteria, base)
    return ImplantList.of(listing, source, arguments, context.max_rows, criteria)


async def _totals(recall: ImplantList, info: Info[Context, None]) -> dict[str, Json]:
    context = info.context
    found = await totals(context.repository, recall.criteria or Criteria(), selected(info), context.search_base)
    return {
        "procedures": found.procedures,
        "patients": found.patients,
        "devices": found.devices,
        "withoutProcedure": found.without_procedure,
        "byOrganization": [{"id": id_, "count": count} for id_, count in found.by_organization.most_common()],
        "byMonth": months(found.by_month),
    }


async def _organization(counted: dict[str, Json], info: Info[Context, None]) -> Resource | None:
    if not ID.fullmatch(counted["id"]):
        return None
    found = await info.context.loaders.load("Organization", counted["id"])
    return info.context.containers.enter(found) if found else None


def _names(selections: Sequence[Selection]) -> Iterator[str]:
    for each in selections:
        if isinstance(each, SelectedField):
            yield each.name
        else:
            yield from _names(each.selections)
