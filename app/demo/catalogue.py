"""The device models of an invented catalogue: the kinds of `tables/implant_kinds.csv`, each in several sizes.

EMDN codes follow the European nomenclature, some by category only; makers, LPP codes, references and GTIN are invented.
A GTIN starts with 0299, in a range GS1 keeps for internal use, so that none can be a real product.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from app.demo.acts import Term
from app.demo.datatypes import DISCRIMINATOR, EMDN, GS1, concept, extension, profiled, reference
from app.demo.table import parts, rows
from app.fhir.check_digits import gs1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from app.fhir.resource import Resource

_YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of implant: how it is named and classified, whether its units are told apart by serial number or by lot
    only, how many years they keep."""

    name: str
    maker: str
    emdn: Term
    lpp: str
    risk: str
    serial: bool
    years: int
    active: bool
    sizes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One size of a kind; `number` counts from 1 over the whole catalogue."""

    number: int
    kind: Kind
    name: str
    code: str
    gtin: str


def _kind(row: dict[str, str]) -> Kind:
    return Kind(
        name=row["name"],
        maker=row["maker"],
        emdn=Term(row["emdn"], row["emdn_name"]),
        lpp=row["lpp"],
        risk=row["risk"],
        serial=row["tracing"] == "serial",
        years=int(row["years"]),
        active=row["active"] == "yes",
        sizes=parts(row["sizes"]),
    )


KINDS: Final = {row["key"]: _kind(row) for row in rows("implant_kinds.csv")}


def _models() -> Iterator[tuple[str, Model]]:
    sizes = ((key, rank) for key, kind in KINDS.items() for rank in range(len(kind.sizes)))
    for number, (key, rank) in enumerate(sizes, start=1):
        kind = KINDS[key]
        digits = f"0299{number:09d}"
        yield (
            key,
            Model(
                number,
                kind,
                f"{kind.name} {kind.sizes[rank]}",
                f"{key.upper()}-{rank + 1:02d}",
                digits + gs1(digits),
            ),
        )


def _by_kind() -> dict[str, tuple[Model, ...]]:
    models = tuple(_models())
    return {kind: tuple(model for key, model in models if key == kind) for kind in KINDS}


MODELS: Final = _by_kind()
"""Every model under its kind, the most used size first."""

_SIZE_WEIGHTS: Final = {kind: tuple(accumulate((8, 4, 2, 1)[: len(models)])) for kind, models in MODELS.items()}


def used_model(kind: str, rng: Random) -> Model:
    """The model of a kind that an operation takes."""
    return rng.choices(MODELS[kind], cum_weights=_SIZE_WEIGHTS[kind])[0]


def definition_id(prefix: str, model: Model) -> str:
    """The id of a model's DeviceDefinition."""
    return f"{prefix}-model-{model.number:03d}"


def device_definition(prefix: str, model: Model, maker_id: str) -> Resource:
    """The catalogue entry of a model (profile dmi-devicedefinition)."""
    kind = model.kind
    answers = {"UsageUnique": True, "EmballageSterile": True, "Implantable": True, "Actif": kind.active}
    return {
        **profiled("DeviceDefinition", definition_id(prefix, model), "dmi-devicedefinition"),
        "extension": [
            extension("dmi-classe-risque", "valueCode", kind.risk),
            extension("dmi-code-emdn", "valueCode", kind.emdn.code),
            extension("dmi-code-lpp", "valueCode", kind.lpp),
        ],
        "udiDeviceIdentifier": [
            {"deviceIdentifier": model.gtin, "issuer": GS1, "jurisdiction": "urn:iso:std:iso:3166#FR"}
        ],
        "manufacturerReference": reference("Organization", maker_id),
        "deviceName": [{"name": model.name, "type": "manufacturer-name"}],
        "modelNumber": model.code,
        "type": {**concept(EMDN, *kind.emdn), "text": kind.name},
        "property": [_property(code, answer) for code, answer in answers.items()],
    }


def _property(code: str, holds: bool) -> Resource:
    """A yes or no. The guide does not say how to write one; R4 offers a CodeableConcept, HL7 table 0136 the codes."""
    return {
        "type": {"coding": [{"system": DISCRIMINATOR, "code": code}]},
        "valueCode": [concept(_YES_NO, "Y", "Oui") if holds else concept(_YES_NO, "N", "Non")],
    }
