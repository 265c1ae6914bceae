from __future__ import annotations

import csv
from base64 import b64encode
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from app.errors import InvalidSearch, StoreUnavailable
from app.recall.criteria import criteria_of
from app.recall.csv import recall_csv, separator_of
from app.recall.rows import AT_ONCE, COLUMNS
from tests.builders import device, patient, procedure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.builders import Document
    from tests.conftest import Start

LOT = criteria_of({"lot": ["LOT-1"]})


async def table(start: Start, *resources: Document, language: str = "en", separator: str = ",") -> list[dict[str, str]]:
    product = await start(*resources)
    pieces = [piece async for piece in recall_csv(product.store, LOT, "", language, separator)]
    text = b"".join(pieces).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline=""), delimiter=separator))


async def test_a_row_has_what_people_call_and_check_by(start: Start) -> None:
    told = patient(deceasedDateTime="2025-01-01", link=[{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}])
    (row,) = await table(start, device(expirationDate="2028"), procedure(id="o1"), told, patient(id="p2"))
    assert row == {
        **dict.fromkeys(COLUMNS, ""),
        "date": "2024-02-29",
        "explanted": "false",
        "status": "completed",
        "lot": "LOT-1",
        "expiry": "2028",
        "device": "d1",
        "patient": "p1",
        "identifier": "280079912345678",
        "name": "Martin Zoé",
        "birthDate": "1980-07-01",
        "deceased": "2025-01-01",
        "mergedInto": "p2",
        "practitioner": "Practitioner/s1",
        "organization": "Organization/o1",
        "procedure": "o1",
        "namedBy": "procedure",
    }


async def test_what_only_the_scan_tells_is_in_the_row(start: Start) -> None:
    scan = b64encode(b"01034531200000111728123110LOT-1\x1d21S-7").decode()
    (row,) = await table(start, device(lotNumber=None, udiCarrier=[{"carrierAIDC": scan}]), procedure(id="o1"))
    told = [row[name] for name in ("udiDi", "lot", "serial", "expiry")]
    assert told == ["03453120000011", "LOT-1", "S-7", "2028-12-31"]


async def test_the_header_is_french_in_french(start: Start) -> None:
    (row,) = await table(start, device(), procedure(id="o1"), language="fr")
    assert list(row) == list(COLUMNS.values())


async def test_it_begins_with_a_byte_order_mark_and_ends_lines_as_rfc_4180_does(start: Start) -> None:
    product = await start()
    (piece,) = [piece async for piece in recall_csv(product.store, LOT, "", "en")]
    assert piece == b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-1", "@x", "\tx", "\rx", "＝1"])
async def test_no_text_is_a_formula(start: Start, text: str) -> None:
    (row,) = await table(start, device(manufacturer=text), procedure(id="o1"))
    assert row["manufacturer"] == f"'{text}"


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("text", ["a,b;c", 'a"b', "a\r\nb"])
async def test_separators_quotes_and_lines_stay_inside_a_value(start: Start, separator: str, text: str) -> None:
    (row,) = await table(start, device(manufacturer=text), procedure(id="o1"), separator=separator)
    assert row["manufacturer"] == text


async def test_many_rows_come_in_pieces(start: Start) -> None:
    many = AT_ONCE + 1
    devices = [device(id=f"d{n}", patient={"reference": f"Patient/p{n}"}) for n in range(many)]
    product = await start(*devices)
    pieces = [piece async for piece in recall_csv(product.store, LOT, "", "en")]
    assert [piece.count(b"\r\n") for piece in pieces] == [AT_ONCE + 1, 1]


async def test_a_failure_in_the_middle_raises(start: Start) -> None:
    product = await start(*(device(id=f"d{n}", patient={"reference": "Patient/p"}) for n in range(AT_ONCE + 1)))
    pieces = recall_csv(product.store, LOT, "", "en")
    await anext(pieces)
    await product.store.close()
    with pytest.raises(StoreUnavailable):
        await anext(pieces)


@pytest.mark.parametrize("given", [["|"], [""], [",", ","]])
def test_another_separator_is_refused(given: Sequence[str]) -> None:
    with pytest.raises(InvalidSearch, match="separator"):
        separator_of(given)
