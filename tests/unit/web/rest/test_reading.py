"""Read, vread, history. https://hl7.org/fhir/R4/http.html#read"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.errors import StoreUnavailable
from app.profiles import DEFAULTS, Validator, load_profiles
from tests.builders import patient
from tests.unit.web.rest.outcomes import body, codes, fields, issues, links

if TYPE_CHECKING:
    from tests.conftest import Product, Start

P1 = "/fhir/Patient/p1"
HISTORY = f"{P1}/_history"


async def changed(start: Start, versions: int) -> Product:
    """A patient with so many versions, born in 1901, 1902 …"""
    product = await start(patient(birthDate="1901"))
    for year in range(1902, 1901 + versions):
        await product.http.put(P1, json=patient(birthDate=str(year)))
    return product


async def test_a_read_answers_the_resource_with_its_version_and_time(start: Start) -> None:
    response = await (await start(patient())).http.get(P1)
    assert (response.status_code, response.headers["etag"]) == (200, 'W/"1"')
    assert response.headers["last-modified"].endswith("GMT")
    assert body(response)["birthDate"] == "1980-07-01"


async def test_patient_data_is_kept_by_nobody_on_the_way(start: Start) -> None:
    product = await start(patient())
    for path in (P1, "/fhir/Patient", HISTORY, "/fhir/Patient/unknown"):
        assert (await product.http.get(path)).headers["cache-control"] == "no-store"


async def test_an_unknown_id_is_404_and_a_deleted_one_410(start: Start) -> None:
    product = await start(patient())
    assert codes(await product.http.get("/fhir/Patient/p2"), 404) == ["not-found"]
    await product.http.delete(P1)
    assert codes(await product.http.get(P1), 410) == ["deleted"]


@pytest.mark.parametrize(
    ("header", "status"),
    [('W/"1"', 304), ('"1"', 304), ("*", 304), ('"7", W/"1"', 304), ('W/"2"', 200), ("1", 200), ("", 200), ("x", 200)],
)
async def test_a_client_that_has_the_version_is_told_304(start: Start, header: str, status: int) -> None:
    response = await (await start(patient())).http.get(P1, headers={"if-none-match": header})
    assert response.status_code == status
    assert response.headers["etag"] == 'W/"1"'
    assert (response.content == b"") == (status == 304)


async def test_head_has_the_fields_of_get(start: Start) -> None:
    product = await start(patient())
    product.http.headers["accept-encoding"] = "identity"
    head, get = await product.http.head(P1), await product.http.get(P1)
    assert head.status_code == 200
    assert fields(head) == fields(get)


async def test_some_elements_are_asked_for_by_name(start: Start) -> None:
    product = await start(patient())
    shown = body(await product.http.get(f"{P1}?_elements=birthDate"))
    assert shown.keys() == {"resourceType", "id", "meta", "birthDate"}
    assert shown["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert issues(await product.http.get(f"{P1}?_elements=nonsense"), 400)


async def test_the_text_may_be_indented_and_keeps_its_digits(start: Start) -> None:
    product = await start()
    sent = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    created = await product.http.post(
        "/fhir/Observation?_pretty=true", content=sent, headers={"content-type": "application/json"}
    )
    assert '\n    "value": 1.50\n' in created.text


@pytest.mark.parametrize(
    "bad", ["a_b", "x" * 65, "%C3%A9", "a%20b", "%00", "%0A", "..%5C", "$x", "_history", "%25", "a%2500"]
)
async def test_an_id_that_nothing_can_have_is_404_and_not_repeated(start: Start, bad: str) -> None:
    response = await (await start(patient())).http.get(f"/fhir/Patient/{bad}")
    assert codes(response, 404) == ["not-found"]


@pytest.mark.parametrize("bad", ["%2E%2E", "%2e", "..%2Fp1", "p1%2F..%2Fp2", "%2Fp1"])
async def test_dots_and_encoded_slashes_lead_nowhere(start: Start, bad: str) -> None:
    response = await (await start(patient())).http.get(f"/fhir/Patient/{bad}", follow_redirects=True)
    assert response.status_code in (404, 405)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_an_unknown_type_is_404_with_the_types_there_are(start: Start, method: str) -> None:
    response = await (await start()).http.request(method, "/fhir/Medication/m1")
    assert "Procedure, Patient" in issues(response, 404)[0]["details"]["text"]


async def test_a_store_that_is_away_is_503_with_when_to_come_back(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await start(patient())

    async def away(*_: object) -> None:
        raise StoreUnavailable("The store is away.", "La base est absente.")

    monkeypatch.setattr(product.store, "read", away)
    response = await product.http.get(P1)
    assert codes(response, 503) == ["transient"]
    assert response.headers["retry-after"] == "1"


# vread: https://hl7.org/fhir/R4/http.html#vread


async def test_each_version_is_read_by_its_number(start: Start) -> None:
    product = await changed(start, 2)
    first, second = [await product.http.get(f"{HISTORY}/{number}") for number in (1, 2)]
    assert (body(first)["birthDate"], first.headers["etag"]) == ("1901", 'W/"1"')
    assert (body(second)["birthDate"], second.headers["etag"]) == ("1902", 'W/"2"')
    assert (await product.http.get(f"{HISTORY}/1", headers={"if-none-match": 'W/"1"'})).status_code == 304


@pytest.mark.parametrize("number", ["0", "3", "01", "-1", "x", "1.0", "9" * 30, "$x", "%C3%A9"])
async def test_a_version_that_is_not_there_is_404(start: Start, number: str) -> None:
    product = await changed(start, 2)
    assert codes(await product.http.get(f"{HISTORY}/{number}"), 404) == ["not-found"]


async def test_the_version_of_a_deletion_is_410_and_those_before_it_stay(start: Start) -> None:
    product = await start(patient())
    await product.http.delete(P1)
    assert codes(await product.http.get(f"{HISTORY}/2"), 410) == ["deleted"]
    assert body(await product.http.get(f"{HISTORY}/1"))["birthDate"] == "1980-07-01"


# History: https://hl7.org/fhir/R4/http.html#history


async def test_the_history_tells_what_was_done_the_newest_first(start: Start) -> None:
    product = await changed(start, 2)
    await product.http.delete(P1)
    await product.http.put(P1, json=patient())
    bundle = body(await product.http.get(HISTORY))
    assert (bundle["type"], bundle["total"]) == ("history", 4)
    assert [each["request"] for each in bundle["entry"]] == [
        {"method": "PUT", "url": "Patient/p1"},
        {"method": "DELETE", "url": "Patient/p1"},
        {"method": "PUT", "url": "Patient/p1"},
        {"method": "POST", "url": "Patient"},
    ]
    assert [each["response"]["etag"] for each in bundle["entry"]] == ['W/"4"', 'W/"3"', 'W/"2"', 'W/"1"']
    assert ["resource" in each for each in bundle["entry"]] == [True, False, True, True]
    assert Validator(load_profiles(), DEFAULTS).validate(bundle, "Bundle") == ()


async def test_a_history_is_walked_page_by_page_in_both_directions(start: Start) -> None:
    product = await changed(start, 5)
    page = body(await product.http.get(f"{HISTORY}?_count=2"))
    seen = [page]
    while "next" in links(page):
        page = body(await product.http.get(links(page)["next"]))
        seen.append(page)
    assert [[each["response"]["etag"] for each in one["entry"]] for one in seen] == [
        ['W/"5"', 'W/"4"'],
        ['W/"3"', 'W/"2"'],
        ['W/"1"'],
    ]
    assert ["previous" in links(one) for one in seen] == [False, True, True]
    assert body(await product.http.get(links(seen[2])["previous"]))["entry"] == seen[1]["entry"]
    assert body(await product.http.get(links(seen[1])["previous"]))["entry"] == seen[0]["entry"]
    assert body(await product.http.get(links(seen[2])["first"]))["entry"] == seen[0]["entry"]


async def test_a_history_since_a_moment_has_that_version_and_the_later_ones(start: Start) -> None:
    product = await changed(start, 3)
    [second] = [each for each in await product.store.history("Patient", "p1", 9) if each.version == 2]
    bundle = body(await product.http.get(HISTORY, params={"_since": second.at, "_count": "1"}))
    told = [each["response"]["etag"] for each in bundle["entry"]]
    while "next" in links(bundle):
        bundle = body(await product.http.get(links(bundle)["next"]))
        told += [each["response"]["etag"] for each in bundle["entry"]]
    expected = [each for each in await product.store.history("Patient", "p1", 9) if each.at >= second.at]
    assert told == [f'W/"{each.version}"' for each in expected]
    assert bundle["total"] == len(expected)


@pytest.mark.parametrize(("since", "total"), [("2000", 2), ("0001-01-01", 2), ("9999", 0)])
async def test_a_moment_may_be_long_ago_or_to_come(start: Start, since: str, total: int) -> None:
    bundle = body(await (await changed(start, 2)).http.get(f"{HISTORY}?_since={since}"))
    assert (bundle["total"], len(bundle.get("entry", []))) == (total, total)
    assert "next" not in links(bundle)


async def test_a_history_without_rows_tells_the_total(start: Start) -> None:
    bundle = body(await (await changed(start, 2)).http.get(f"{HISTORY}?_count=0"))
    assert (bundle["total"], "entry" in bundle, "next" in links(bundle)) == (2, False, False)


async def test_a_page_of_a_history_is_bounded(start: Start) -> None:
    product = await start(patient(), environment={"DMI_MAX_ROWS": "1"})
    await product.http.put(P1, json=patient(birthDate="1981"))
    assert len(body(await product.http.get(f"{HISTORY}?_count=999999999"))["entry"]) == 1


async def test_an_unknown_id_has_no_history(start: Start) -> None:
    assert codes(await (await start()).http.get(HISTORY), 404) == ["not-found"]


@pytest.mark.parametrize(
    "query",
    [
        "_count=x",
        "_count=-1",
        "_count=1&_count=2",
        "_count=" + "9" * 30,
        "_since=yesterday",
        "_since=",
        "_cursor=x",
        "_cursor=0",
        "_at=2024",
        "family=x",
    ],
)
async def test_what_a_history_does_not_understand_is_400(start: Start, query: str) -> None:
    assert issues(await (await start(patient())).http.get(f"{HISTORY}?{query}"), 400)


async def test_what_a_history_does_not_know_is_ignored_for_who_wants_that(start: Start) -> None:
    response = await (await start(patient())).http.get(
        f"{HISTORY}?_at=2024&_count=5", headers={"prefer": "handling=lenient"}
    )
    assert links(body(response))["self"].endswith("_history?_count=5")
