"""A small search index, and patients to find by it: the store tests need no more of search than this."""

from __future__ import annotations

from typing import Any

from app.search.algebra import Index, Indexed, SearchValues
from app.store.repository import Write

Document = dict[str, Any]

PARAMETERS = {
    "Patient": {
        "active": Indexed("value", sortable=True),
        "birthdate": Indexed("interval", sortable=True),
        "family": Indexed("value", sortable=True),
        "general-practitioner": Indexed("value", sortable=False),
        "identifier": Indexed("value", sortable=False),
        "stay": Indexed("interval", sortable=False),
    },
    "Device": {"lot_number": Indexed("value", sortable=True)},
}


def values(resource: Document) -> SearchValues:
    """`birthDate` is a day, `address.period` a stay; a name sorts by the first one, as it is written."""
    found: dict[str, list[str]] = {
        "active": [str(resource["active"]).lower()] if "active" in resource else [],
        "family": [name["family"] for name in resource.get("name", [])],
        "general-practitioner": [each["reference"] for each in resource.get("generalPractitioner", [])],
        "identifier": [f"{each['system']}|{each['value']}" for each in resource.get("identifier", [])],
        "lot_number": [resource["lotNumber"]] if "lotNumber" in resource else [],
    }
    intervals = {
        "birthdate": [(f"{resource['birthDate']}T00", f"{resource['birthDate']}T24")]
        if "birthDate" in resource
        else [],
        "stay": [(each["period"]["start"], each["period"]["end"]) for each in resource.get("address", [])],
    }
    sort = {name: min(texts) for name, texts in found.items() if texts and name in ("active", "family", "lot_number")}
    if intervals["birthdate"]:
        sort["birthdate"] = intervals["birthdate"][0][0]
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


def stayed(*periods: tuple[str, str]) -> Document:
    """A patient with these stays."""
    return patient(address=[{"period": {"start": start, "end": end}} for start, end in periods])


def write(id: str, resource: Document, **options: Any) -> Write:  # noqa: A002 - FHIR's word
    """The write of a resource under an id."""
    return Write(resource["resourceType"], id, resource, **options)
