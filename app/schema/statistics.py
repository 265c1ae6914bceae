"""`DmiStatistics`: the figures of a period, counted by the store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from app.errors import InvalidSearch
from app.recall.criteria import check_period, date_bound, organization_ids
from app.recall.statistics import FAILURES, Scope, statistics
from app.schema.recall import months, selected
from app.schema.types.fields import ResolvedField, argument, define, document_field, list_of, nullable
from app.schema.types.scalars import scalar_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strawberry.types import Info
    from strawberry.types.field import StrawberryField

    from app.fhir.resource import Json
    from app.recall.statistics import Statistics
    from app.schema.context import Context

LONGEST: Final = 3_650  # days to look ahead
_DAYS: Final = 90
_ARGUMENTS: Final = (
    argument("from", nullable(str), "Only procedures and traces on or after this date."),
    argument("to", nullable(str), "Only procedures and traces on or before this date."),
    argument("organization", list_of(str), "Only what was done on behalf of it: id or Organization/id; a list is OR."),
    argument(
        "expiringWithin", nullable(int), f"Days from today in which stock is said to expire; {_DAYS} unless told."
    ),
)
_COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "procedures": ("procedures",),
    "byMonth": ("by_month",),
    "byDeviceType": ("by_device_type",),
    "deviceTypes": ("by_device_type",),
    "completeness": ("traced",),
    "stock": ("stock",),
    "failedTraces": ("failures",),
}
"""Field → what has to be counted for it."""
_PARTS: Final = {"udi": "udi", "lotOrSerial": "lot-or-serial", "expiry": "expiry", "complete": "complete"}


def statistics_field(month: type) -> StrawberryField:
    """The root field; `month` is the type of a month and a number."""
    return ResolvedField.of(
        "DmiStatistics",
        nullable(_statistics_type(month)),
        "Figures of the procedures of a period; those entered-in-error or not-done do not count.",
        _statistics,
        _ARGUMENTS,
    )


def _statistics_type(month: type) -> type:
    return _type(
        "DmiStatistics",
        "Figures of a period.",
        procedures=(int, "How many procedures."),
        byMonth=(list_of(month), "Procedures by month, in order."),
        byDeviceType=(
            list_of(_kind_type()),
            "Procedures by the EMDN code of their focal device, the 100 most frequent.",
        ),
        deviceTypes=(int, "How many different EMDN codes there are."),
        completeness=(_completeness_type(), "How completely the focal devices are recorded."),
        stock=(_stock_type(), "The devices in stock now, whatever the period, and what expires."),
        failedTraces=(list_of(_outcome_type()), "Traces (AuditEvent) whose outcome is a failure."),
    )


def _kind_type() -> type:
    return _type(
        "DeviceTypeCount",
        "The procedures with a kind of device.",
        code=(scalar_for("code"), "The EMDN code."),
        display=(nullable(str), "What a device of the kind calls it."),
        count=(int, "How many procedures."),
    )


def _completeness_type() -> type:
    share = _type(
        "Share",
        "A part of the devices.",
        count=(int, "How many have it."),
        share=(nullable(float), "The part of all, from 0 to 1; null where there are none."),
    )
    return _type(
        "Completeness",
        "How completely the focal devices of the procedures that are on this server are recorded.",
        devices=(int, "How many they are; a device counts once for each of these procedures."),
        udi=(share, "UDI-DI."),
        lotOrSerial=(share, "Lot or serial number, also inside the UDI string."),
        expiry=(share, "Expiry date, also inside the UDI string."),
        complete=(share, "All three."),
    )


def _stock_type() -> type:
    return _type(
        "StockStatistics",
        "Devices not implanted yet.",
        devices=(int, "How many there are."),
        expired=(int, "Those whose expiry date is over."),
        expiring=(int, "Those that expire from today on, within `expiringWithin` days."),
    )


def _outcome_type() -> type:
    return _type(
        "OutcomeCount",
        "The traces with an outcome.",
        outcome=(scalar_for("code"), "4, 8 or 12."),
        text=(str, "What the code means."),
        count=(int, "How many traces."),
    )


def _type(name: str, description: str, **fields: tuple[Any, str]) -> type:
    cls = type(name, (), {})
    define(cls, [document_field(key, kind, told) for key, (kind, told) in fields.items()], description=description)
    return cls


async def _statistics(_source: None, info: Info[Context, None], /, **arguments: Any) -> dict[str, Json]:
    context = info.context
    names = {counted for name in selected(info) for counted in _COUNTED.get(name, ())}
    return _shown(await statistics(context.repository, _scope(arguments, context.search_base), names))


def _scope(arguments: Mapping[str, Any], base: str) -> Scope:
    start, end = date_bound("from", arguments.get("from"), 0), date_bound("to", arguments.get("to"), 1)
    check_period(start, end, "from", "to")
    organizations = organization_ids("organization", arguments.get("organization"))
    days = arguments.get("expiringWithin")
    days = _DAYS if days is None else days
    if not 0 <= days <= LONGEST:
        raise InvalidSearch(
            f"expiringWithin must be from 0 to {LONGEST} days.",
            f"expiringWithin doit être compris entre 0 et {LONGEST} jours.",
            expression="expiringWithin",
            rule="statistics-days",
        )
    return Scope(start, end, organizations, datetime.now(UTC).date(), days, base)


def _shown(found: Statistics) -> dict[str, Json]:
    shares = {name: found.traced.get(part, 0) for name, part in _PARTS.items()}
    return {
        "procedures": found.procedures,
        "byMonth": months(found.by_month),
        "byDeviceType": [{"code": k.code, "display": k.display, "count": k.count} for k in found.by_device_type],
        "deviceTypes": found.device_types,
        "completeness": {
            "devices": found.devices,
            **{
                name: {"count": count, "share": round(count / found.devices, 4) if found.devices else None}
                for name, count in shares.items()
            },
        },
        "stock": {"devices": found.stock, "expired": found.expired, "expiring": found.expiring},
        "failedTraces": [
            {"outcome": code, "text": FAILURES[code], "count": count}
            for code, count in sorted(found.failures.items(), key=lambda each: int(each[0]))
            if code in FAILURES
        ],
    }
