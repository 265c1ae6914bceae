"""A small search index, and what to find by it: the store tests need no more of search than this.

Who refers to whom: a Procedure to its devices and its patient, a Device to its patient, a Patient to practitioners
(one general practitioner may be an organization) and to an organization, that to the one it is part of.
"""

from __future__ import annotations

from typing import Any, Final

from app.search.algebra import Index, Indexed, SearchValues
from app.search.normal import tokens
from app.store.repository import Write

Document = dict[str, Any]

VALUE, SORTED = Indexed("value", sortable=False), Indexed("value", sortable=True)
REFERENCE: Final = Indexed("reference", sortable=False)

PARAMETERS = {
    "Patient": {
        "active": SORTED,
        "birthdate": Indexed("interval", sortable=True),
        "family": SORTED,
        "general-practitioner": REFERENCE,
        "identifier": VALUE,
        "organization": REFERENCE,
        "stay": Indexed("interval", sortable=False),
    },
    "Device": {"lot_number": SORTED, "patient": REFERENCE, "type": VALUE},
    "Organization": {"name": SORTED, "partof": REFERENCE},
    "Practitioner": {"active": SORTED, "family": SORTED},
    "Procedure": {
        "date": Indexed("interval", sortable=True),
        "device": REFERENCE,
        "patient": REFERENCE,
        "status": SORTED,
    },
}

_SORTED: Final = {name for parameters in PARAMETERS.values() for name, kept in parameters.items() if kept.sortable}


def values(resource: Document) -> SearchValues:
    """`birthDate` is a day, `address.period` a stay; a name sorts by the first one, as it is written."""
    found: dict[str, list[str]] = {
        "active": [str(resource["active"]).lower()] if "active" in resource else [],
        "family": [name["family"] for name in resource.get("name", [])],
        "general-practitioner": _references(resource, "generalPractitioner"),
        "identifier": [f"{each['system']}|{each['value']}" for each in resource.get("identifier", [])],
        "lot_number": [resource["lotNumber"]] if "lotNumber" in resource else [],
        "organization": _references(resource, "managingOrganization"),
        "type": [text for each in resource.get("type", {}).get("coding", []) for text in tokens(**each)],
        "name": resource.get("alias", []),
        "partof": _references(resource, "partOf"),
        "device": _references(resource, "usedReference"),
        "patient": _references(resource, "subject") + _references(resource, "patient"),
        "status": [resource["status"]] if "status" in resource else [],
    }
    intervals = {
        "birthdate": _day(resource, "birthDate"),
        "date": _day(resource, "performedDateTime"),
        "stay": [(each["period"]["start"], each["period"]["end"]) for each in resource.get("address", [])],
    }
    sort = {name: min(texts) for name, texts in found.items() if texts and name in _SORTED}
    sort |= {name: pairs[0][0] for name, pairs in intervals.items() if pairs and name in _SORTED}
    return SearchValues(
        values={name: tuple(dict.fromkeys(texts)) for name, texts in found.items() if texts},
        intervals={name: tuple(dict.fromkeys(pairs)) for name, pairs in intervals.items() if pairs},
        sort=sort,
    )


INDEX = Index("1", PARAMETERS, values)


def patient(**elements: Any) -> Document:
    """A patient with these elements, and nothing else."""
    return {"resourceType": "Patient", **elements}


def named(*families: str) -> Document:
    """A patient with these family names."""
    return patient(name=[{"family": family} for family in families])


def born(day: str) -> Document:
    """A patient born on a day."""
    return patient(birthDate=day)


def refers(to: str) -> Document:
    """A Reference."""
    return {"reference": to}


def procedure(day: str | None = None, *devices: str, **elements: Any) -> Document:
    """A procedure of a day with devices, named by their references."""
    performed = {"performedDateTime": day} if day else {}
    used = {"usedReference": [refers(each) for each in devices]} if devices else {}
    return {"resourceType": "Procedure", **performed, **used, **elements}


def device(lot: str | None = None, *codings: tuple[str, str], **elements: Any) -> Document:
    """A device of a lot, its type told by codings of (system, code)."""
    codes = [{"system": system, "code": code} for system, code in codings]
    return {
        "resourceType": "Device",
        **({"lotNumber": lot} if lot else {}),
        **({"type": {"coding": codes}} if codes else {}),
        **elements,
    }


def stayed(*periods: tuple[str, str]) -> Document:
    """A patient with these stays."""
    return patient(address=[{"period": {"start": start, "end": end}} for start, end in periods])


def write(id: str, resource: Document, **options: Any) -> Write:  # noqa: A002 - FHIR's word
    """The write of a resource under an id."""
    return Write(resource["resourceType"], id, resource, **options)


def deletion(type_name: str, id: str, **options: Any) -> Write:  # noqa: A002 - FHIR's word
    """The write that deletes a resource."""
    return Write(type_name, id, None, **options)


def _references(resource: Document, element: str) -> list[str]:
    found = resource.get(element, [])
    return [each["reference"] for each in (found if isinstance(found, list) else [found])]


def _day(resource: Document, element: str) -> list[tuple[str, str]]:
    return [(f"{resource[element]}T00", f"{resource[element]}T24")] if element in resource else []
