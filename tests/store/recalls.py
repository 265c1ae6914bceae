"""What the tests of recalls have in common: stores with procedures and devices, and whom a recall finds there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.recall.criteria import criteria_of
from app.recall.rows import recall_rows
from app.search.index import search_index
from app.store.repository import Write
from tests.builders import device, procedure
from tests.store.kinds import JOINING, LINKING

if TYPE_CHECKING:
    from app.store.repository import Repository
    from tests.builders import Document
    from tests.store.conftest import Opened

BASE = "https://dmi.example/fhir"
GUIDE = "https://interop.esante.gouv.fr/ig/fhir/tdmi/StructureDefinition"
EMDN = f"{GUIDE}/dmi-code-emdn"
EVERY = ("procedures", "patients", "devices", "byOrganization", "byMonth", "withoutProcedure")

linking = pytest.mark.parametrize("open_store", LINKING, indirect=True)
joining = pytest.mark.parametrize("open_store", JOINING, indirect=True)


async def kept(open_store: Opened, *resources: Document) -> Repository:
    store = await open_store(search_index())
    await store.write([Write(each["resourceType"], each["id"], each) for each in resources])
    return store


async def carriers(store: Repository, **arguments: Any) -> list[tuple[str | None, str | None]]:
    """(patient, procedure) of every implant of a recall, in order."""
    rows = [
        row async for rows in recall_rows(store, criteria_of(arguments or {"lot": ["LOT-1"]}), BASE) for row in rows
    ]
    return [(row["patient"], row["procedure"]) for row in rows]


def operated(id: str, patient_id: str, device_id: str = "d1", **changes: Any) -> Document:  # noqa: A002 - FHIR's word
    """A procedure on a patient with a device."""
    return procedure(
        id=id,
        subject={"reference": f"Patient/{patient_id}"},
        focalDevice=[{"manipulated": {"reference": f"Device/{device_id}"}}],
        **changes,
    )


UDI = "(01)03700000000019(17)281231(10){}"
EXPLANTED = {"coding": [{"system": "http://hl7.org/fhir/device-action", "code": "explanted"}]}


def involving(key: str, reference: Document, **changes: Any) -> Document:
    """The procedure `key` on the patient `key` that moved what the reference means."""
    subject = {"reference": f"Patient/{key}"}
    return procedure(id=key, subject=subject, focalDevice=[{"manipulated": reference}], **changes)


def inside(key: str, **changes: Any) -> Document:
    """A device of the lot `key`, to be contained."""
    return device(id="x", lotNumber=key, **changes)


def ref(text: str) -> Document:
    return {"reference": text}
