"""A resource with some of its elements. https://hl7.org/fhir/R4/search.html#elements"""

from __future__ import annotations

import pytest

from app.fhir.subset import SUBSETTED, UnknownElement, chosen, subset
from tests.builders import procedure


def test_the_chosen_elements_are_shown_with_what_fhir_demands_and_a_tag() -> None:
    resource = procedure(id="a", meta={"versionId": "1"})
    shown = subset(resource, chosen("Procedure", ["code", "bodySite"]))
    assert shown == {
        **{name: resource[name] for name in ("resourceType", "id", "status", "subject", "bodySite")},
        "meta": {"versionId": "1", "tag": [SUBSETTED]},
    }


def test_the_resource_itself_is_left_as_it_is() -> None:
    resource = procedure(id="a", meta={"tag": [{"code": "x"}]})
    before = repr(resource)
    assert subset(resource, chosen("Procedure", ["code"]))["meta"]["tag"] == [{"code": "x"}, SUBSETTED]
    assert repr(resource) == before


def test_a_choice_is_named_without_its_type() -> None:
    assert {"performedDateTime", "performedPeriod", "_performedDateTime"} <= chosen("Procedure", ["performed"])


def test_a_name_may_begin_with_the_type() -> None:
    assert "code" in chosen("Procedure", ["Procedure.code"])


@pytest.mark.parametrize("name", ["", "x", "code.coding", "Patient.name", "*"])
def test_a_name_of_no_element_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownElement) as refusal:
        chosen("Procedure", [name])
    assert {"code", "performed", "id"} <= set(refusal.value.known)
