from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Document

    Errors = Callable[[Any], list[tuple[str, str]]]


def sampled(data: str) -> Document:
    value = {"origin": {"value": 0}, "period": 1, "dimensions": 1, "data": data}
    return patient(extension=[{"url": "http://example.org/e", "valueSampledData": value}])


@pytest.mark.parametrize("identity", ["a", "a_b", "é#/", "x" * 100])
def test_the_id_of_an_element_is_any_text_without_white_space(errors: Errors, identity: str) -> None:
    assert errors(patient(name=[{"id": identity, "family": "x"}], _birthDate={"id": identity})) == []


@pytest.mark.parametrize("identity", ["", " ", "a b", "a\n", "\u00a0", "a\tb"])
def test_the_id_of_an_element_has_no_white_space(errors: Errors, identity: str) -> None:
    assert errors(patient(name=[{"id": identity, "family": "x"}], _birthDate={"id": identity})) == [
        ("Patient.name[0].id", "R4#Patient.name.id.format"),
        ("Patient.birthDate.id", "R4#Patient.birthDate.id.format"),
    ]


@pytest.mark.parametrize("data", ["1", "-1.50 0 E U L 2e-3", "0.0"])
def test_sampled_data_are_decimals_and_three_letters(errors: Errors, data: str) -> None:
    assert errors(sampled(data)) == []


@pytest.mark.parametrize("data", ["", "a", "1,2", "1  2", " 1", "1 ", "01", "1.", ".5", "e", "1\n2", "NaN", "+1"])
def test_sampled_data_are_nothing_else(errors: Errors, data: str) -> None:
    place = "Patient.extension[0].valueSampledData.data"
    assert errors(sampled(data)) == [(place, "R4#Patient.extension.valueSampledData.data.format")]
