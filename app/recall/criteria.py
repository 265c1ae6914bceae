"""What a recall asks for: arguments as they are sent, read into one value.

The same arguments hold for GraphQL, the CSV address and the command line. A list is OR, several arguments are AND, and
one device has to meet them all. Texts are compared without case and accents; a lot or serial number is always whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.errors import InvalidSearch
from app.fhir.dates import InvalidDate
from app.fhir.reference import ID, Target, parse
from app.search.normal import date_interval, folded, is_unicode
from app.search.problems import empty, malformed, together, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MOST_VALUES: Final = 1_000
MOST_BEGINNINGS: Final = 15
"""Of values that are compared by how they begin: each one is a search of its own, and with many no page is fast."""
LONGEST: Final = 200  # characters of a value

_EMDN: Final = re.compile(r"[A-Z]([0-9]{2})*")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: `identifying` ones say which devices are meant, and a recall has at least one of them."""

    name: str
    description: str
    identifying: bool = False
    most: int = MOST_VALUES

    @property
    def many(self) -> bool:
        """Whether it is a list."""
        return self.most > 1


ARGUMENTS: Final = (
    Argument("udiDi", "UDI-DI, the device identifier (GTIN, HIBC or ICCBBA), also inside a UDI string.", True),
    Argument("lot", "Lot number, whole, without regard to case; also inside a UDI string.", True),
    Argument("serial", "Serial number, whole, without regard to case; also inside a UDI string.", True),
    Argument(
        "manufacturer", "Start of the manufacturer's name, without regard to case and accents.", True, MOST_BEGINNINGS
    ),
    Argument("emdn", "EMDN code; a code of a higher level takes those below it.", True, MOST_BEGINNINGS),
    Argument("lpp", "LPP code, of the device or of its definition.", True),
    Argument("expiresBefore", "Only devices whose expiry begins before this date.", most=1),
    Argument("implantedFrom", "Only procedures on or after this date.", most=1),
    Argument("implantedTo", "Only procedures on or before this date.", most=1),
    Argument("organization", "Organization on whose behalf it was done: id or Organization/id."),
)
IDENTIFYING: Final = tuple(each.name for each in ARGUMENTS if each.identifying)
OF_STOCK: Final = (*IDENTIFYING, "expiresBefore")
"""What says which devices in stock are meant: those that expire are looked for, too."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """A recall's arguments, normalised: texts folded, dates as [lo, hi) pairs of `app.search.normal`, plain ids.

    `identifiers` are no argument: `app.recall.naming` finds by which of them procedures that count name such devices,
    and `identifiers_within` those that procedures of the period and of the organizations name."""

    udi_di: tuple[str, ...] = ()
    lot: tuple[str, ...] = ()
    serial: tuple[str, ...] = ()
    manufacturer: tuple[str, ...] = ()
    emdn: tuple[str, ...] = ()
    lpp: tuple[str, ...] = ()
    expires_before: str | None = None
    implanted_from: str | None = None
    implanted_to: str | None = None
    organization: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    identifiers_within: tuple[str, ...] = ()


def criteria_of(
    arguments: Mapping[str, Sequence[str | None] | str | None], enough: Sequence[str] = IDENTIFYING
) -> Criteria:
    """The criteria in arguments by name; null is absent. Raises one InvalidSearch that names every argument that is
    unknown, empty or malformed, or says that none of `enough` tells which devices are meant."""
    known = {each.name: each for each in ARGUMENTS}
    given = {name: value for name, value in arguments.items() if value is not None}
    problems: list[InvalidSearch] = []
    read: dict[str, tuple[str, ...]] = {}
    for name, value in given.items():
        try:
            if name not in known:
                raise unknown("ImplantRecall", name, known)
            read[name] = _values(known[name], [value] if isinstance(value, str) else value)
        except InvalidSearch as problem:
            problems.append(problem)
    if not any(name in given for name in enough):
        problems.append(_unidentified(enough))
    if problems:
        raise together(problems)
    found = Criteria(
        udi_di=read.get("udiDi", ()),
        lot=read.get("lot", ()),
        serial=read.get("serial", ()),
        manufacturer=read.get("manufacturer", ()),
        emdn=read.get("emdn", ()),
        lpp=read.get("lpp", ()),
        expires_before=_bound(read.get("expiresBefore"), 0),
        implanted_from=_bound(read.get("implantedFrom"), 0),
        implanted_to=_bound(read.get("implantedTo"), 1),
        organization=read.get("organization", ()),
    )
    check_period(found.implanted_from, found.implanted_to, "implantedFrom", "implantedTo")
    return found


def date_bound(name: str, value: str | None, side: int) -> str | None:
    """The start (side 0) or the end (side 1) of what a FHIR date covers; None for none. Raises InvalidSearch."""
    return None if value is None else _bound(_values(Argument(name, "", most=1), [value], _date), side)


def organization_ids(name: str, values: Sequence[str | None] | None) -> tuple[str, ...]:
    """The ids in a list of organizations; null is none. Raises InvalidSearch."""
    return () if values is None else _values(Argument(name, ""), values, _organization)


def check_period(start: str | None, end: str | None, first: str, last: str) -> None:
    """Raise InvalidSearch where a period ends before it begins."""
    if start is not None and end is not None and start >= end:
        raise InvalidSearch(
            f"{first} is later than {last}. Exchange them, or leave one out.",
            f"{first} est postérieur à {last}. Échangez-les, ou retirez l’un des deux.",
            expression=first,
            rule="recall-period",
        )


def _values(
    argument: Argument, values: Sequence[str | None], read: Callable[[str], str | None] | None = None
) -> tuple[str, ...]:
    """The normal form of each value, without repetition."""
    name, read = argument.name, read or _READ[argument.name]
    if len(values) > argument.most:
        raise _too_many(name, argument.most)
    found = []
    for value in values:
        if not value or not value.strip():
            raise empty(name)
        if not is_unicode(value) or len(value) > LONGEST:
            raise malformed(name, "text")
        text = read(value.strip())
        if not text:
            raise malformed(name, _EXPECTED.get(name, "string"))
        found.append(text)
    if not found:
        raise empty(name)
    return tuple(sorted(set(found)))


def _date(text: str) -> str | None:
    try:
        date_interval(text)
    except InvalidDate:
        return None
    return text


def _bound(date: tuple[str, ...] | None, side: int) -> str | None:
    return date_interval(date[0])[side] if date else None


def _organization(text: str) -> str | None:
    if ID.fullmatch(text):
        return text
    target = parse(text)
    return target.id if isinstance(target, Target) and target.type == "Organization" and not target.version else None


def _emdn(text: str) -> str | None:
    code = text.upper()
    return code if _EMDN.fullmatch(code) else None


def _code(text: str) -> str | None:
    return text


_READ: Final[Mapping[str, Callable[[str], str | None]]] = {
    "udiDi": _code,
    "lot": folded,
    "serial": folded,
    "manufacturer": folded,
    "emdn": _emdn,
    "lpp": _code,
    "expiresBefore": _date,
    "implantedFrom": _date,
    "implantedTo": _date,
    "organization": _organization,
}
_EXPECTED: Final[Mapping[str, str]] = {
    "emdn": "code",
    "expiresBefore": "day",
    "implantedFrom": "day",
    "implantedTo": "day",
    "from": "day",
    "to": "day",
    "organization": "reference",
}


def _unidentified(enough: Sequence[str]) -> InvalidSearch:
    listed = ", ".join(enough)
    return InvalidSearch(
        f"A recall has to say which devices are meant. Give at least one of: {listed}.",
        f"Un rappel doit préciser les dispositifs visés. Donnez au moins l’un de ces critères : {listed}.",
        rule="recall-criteria",
    )


def _too_many(name: str, most: int) -> InvalidSearch:
    return InvalidSearch(
        f"{name} takes at most {most} value(s).",
        f"{name} accepte au plus {most} valeur(s).",
        expression=name,
        rule="recall-values",
    )
