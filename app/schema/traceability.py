"""Everything that the product adds to FHIR for traceability: recall, stock, statistics, and lists of implants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.schema.implant_lists import add_implant_lists
from app.schema.implants import ImplantTypes
from app.schema.recall import month_type, recall_field
from app.schema.statistics import statistics_field
from app.schema.stock import stock_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strawberry.types.field import StrawberryField

    from app.schema.types.derive import FhirTypes


def traceability_fields(types: FhirTypes, page_info: type) -> Sequence[StrawberryField]:
    """Put the lists of implants on top of the FHIR types, and answer the root fields; `page_info` is Relay's."""
    implants, month = ImplantTypes.of(types, page_info), month_type()
    add_implant_lists(types, implants)
    return [recall_field(types, implants, month), stock_field(types, page_info), statistics_field(month)]
