from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.hospital import hospital
from app.fhir.udi import FNC1, NONE, Udi, gtin, parse_udi

GTIN = "03760012345670"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "(01)51022222233336(11)141231(17)150707(10)A213B1(21)1234",
            Udi("51022222233336", "A213B1", "1234", "2015-07-07"),
        ),
        (f"(01){GTIN}", Udi(GTIN)),
        ("(10)LOT 1(17)270200", Udi(lot="LOT 1", expiry="2027-02")),
        ("(01)0 376 00123 4567 0 (21) S-1 ", Udi(GTIN, serial="S-1")),
        (f"(01){GTIN}(240)REF(10)L", Udi(GTIN, "L")),
        ("(10)A(10)B", Udi(lot="A")),
        ("(10)A(B)C(21)S", Udi(lot="A(B)C", serial="S")),
        (f"01{GTIN}17271231{FNC1}10LOT1{FNC1}21S1", Udi(GTIN, "LOT1", "S1", "2027-12-31")),
        (f"01{GTIN}1727123110LOT1{FNC1}21S1", Udi(GTIN, "LOT1", "S1", "2027-12-31")),
        (f"]d2{FNC1}01{GTIN}10LOT17", Udi(GTIN, "LOT17")),
        (f"01{GTIN}240REF{FNC1}21S", Udi(GTIN, serial="S")),
    ],
)
def test_a_gs1_udi_is_read_as_it_is_written_or_scanned(text: str, expected: Udi) -> None:
    assert parse_udi(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+A123BJC5D6E71G", Udi("A123BJC5D6E71")),
        ("+A123BJC5D6E71", Udi("A123BJC5D6E71")),
        ("*+A123BJC5D6E71G*", Udi("A123BJC5D6E71")),
        ("+a99912345/$$3271231lot1", Udi("A99912345", "LOT1", "", "2027-12-31")),
        ("+A99912345/$$52001510X3/16D20111212/S77DE1G45-", Udi("A99912345", "10X3", "77DE1G45", "2020-01-15")),
        (
            "+H123PARTNO1234567890120/$$420020216LOT123456789012345/SXYZ456789012345678/16D20130202C",
            Udi("H123PARTNO1234567890120", "LOT123456789012345", "XYZ456789012345678", "2020-02-02"),
        ),
        ("+A99912345/$$1227L", Udi("A99912345", "L", "", "2027-12")),
        ("+A99912345/$$2123127L", Udi("A99912345", "L", "", "2027-12-31")),
        ("+A99912345/$$62001510L", Udi("A99912345", "L", "", "2020-01-15")),
        ("+A99912345/$$L", Udi("A99912345")),
        ("+A99912345/L", Udi("A99912345")),
        ("+A99912345/$$8053271231L", Udi("A99912345", "L", "", "2027-12-31")),
        ("+A99912345/$$9000053271231L", Udi("A99912345", "L", "", "2027-12-31")),
        ("+A99912345/$$7L", Udi("A99912345", "L")),
        ("+A99912345/$$+7S", Udi("A99912345", serial="S")),
        ("+A99912345/$$+3271231S", Udi("A99912345", serial="S", expiry="2027-12-31")),
        ("+A99912345/$+S", Udi("A99912345", serial="S")),
        ("+A99912345/$L", Udi("A99912345", "L")),
        ("+A99912345/27001L", Udi("A99912345", "L", "", "2027-01-01")),
        ("+A99912345/$L/14D20271231", Udi("A99912345", "L", "", "2027-12-31")),
    ],
)
def test_a_hibc_udi_is_read_with_each_form_of_its_secondary_data(text: str, expected: Udi) -> None:
    assert parse_udi(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123",
            Udi("A9999XYZ100T0944", "XYZ123", "000025", "2014-02-01"),
        ),
        ("=/A9999XYZ100T0944&>0273651200", Udi("A9999XYZ100T0944", expiry="2027-12-31")),
        ("=/A9999XYZ100T0944", Udi("A9999XYZ100T0944")),
    ],
)
def test_an_iccbba_udi_is_read_by_its_data_identifiers(text: str, expected: Udi) -> None:
    assert parse_udi(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "LOT-1",
        "10LOT1",
        "0103760012345671",
        "0103760012345670xx",
        "01037600",
        "(",
        "()",
        "(01)",
        "(01)123",
        "(10)",
        "(10)" + "L" * 21,
        "(17)271301",
        "(17)2712",
        "(17)٢٧١٢٣١",
        "+",
        "*+*",
        "+é",
        "+1",
        "=",
        "=/SHORT",
        "&,1000000000000000001",
        "(10)L" + " " * 600,
    ],
)
def test_what_is_no_udi_has_no_parts(text: str) -> None:
    assert parse_udi(text) == NONE


@pytest.mark.parametrize("text", ["(10)L(17)271301", "(10)L(17)", "(10)L(01)12"])
def test_a_broken_part_does_not_hide_the_others(text: str) -> None:
    assert parse_udi(text) == Udi(lot="L")


@pytest.mark.parametrize("day", ["27000", "27366", "99999"])
def test_a_day_that_the_year_does_not_have_is_no_expiry(day: str) -> None:
    assert parse_udi(f"+A99912345/$$5{day}L") == Udi("A99912345", "L")


@given(
    st.text()
    | st.lists(
        st.sampled_from(
            [
                "(01)",
                "01",
                GTIN,
                "10",
                "17",
                "(",
                ")",
                FNC1,
                "+",
                "$$",
                "$",
                "/",
                "=/",
                "=,",
                "=>",
                "&,1",
                "S",
                "8",
                "3",
                "0",
            ]
        ),
        max_size=9,
    ).map("".join)
)
def test_no_text_breaks_it(text: str) -> None:
    assert all(isinstance(part, str) for part in parse_udi(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3760012345670", GTIN),
        ("376001234567", "00376001234567"),
        ("12345670", "00000012345670"),
        (GTIN, GTIN),
        ("376001234567٣", "376001234567٣"),
        ("A99912345", "A99912345"),
        ("", ""),
    ],
)
def test_a_shorter_gtin_is_filled_up(text: str, expected: str) -> None:
    assert gtin(text) == expected


def test_the_demo_devices_say_in_their_udi_what_their_elements_say() -> None:
    devices = [each for each in hospital(30, 1) if each["resourceType"] == "Device" and "udiCarrier" in each]

    read = [parse_udi(each["udiCarrier"][0]["carrierHRF"]) for each in devices]

    assert read == [
        Udi(
            each["udiCarrier"][0]["deviceIdentifier"],
            each.get("lotNumber", ""),
            each.get("serialNumber", ""),
            each.get("expirationDate", ""),
        )
        for each in devices
    ]
