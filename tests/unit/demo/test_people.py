from __future__ import annotations

from datetime import date

from app.demo.chance import chance
from app.demo.organizations import HOSPITALS
from app.demo.people import Person, birth_date, nir

TURN = 999_000  # after so many patients, places and order numbers start again


def number_of(patient: int) -> str:
    born = birth_date(patient, 1950, chance("birth", patient))
    return nir(Person(patient, born, woman=True, hospital=HOSPITALS[0]))


def test_patients_of_one_sex_and_year_have_different_nir_over_a_whole_turn() -> None:
    assert len({number_of(patient) for patient in range(1, 20_000)}) == 19_999


def test_patients_that_share_place_and_order_number_differ_in_the_month_of_birth() -> None:
    numbers = [number_of(17 + turn * TURN) for turn in range(12)]
    assert len({number[5:13] for number in numbers}) == 1
    assert len({number[3:5] for number in numbers}) == 12


def test_the_places_of_birth_are_those_of_department_99() -> None:
    assert {number_of(patient)[5:7] for patient in range(1, 500)} == {"99"}


def test_the_birth_date_lies_in_the_wanted_year() -> None:
    assert birth_date(1, 1950, chance("any")) == birth_date(1, 1950, chance("any"))
    assert date(1950, 1, 1) <= birth_date(5, 1950, chance("any")) <= date(1950, 12, 31)
