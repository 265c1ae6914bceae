"""Search. https://hl7.org/fhir/R4/http.html#search"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.profiles import DEFAULTS, Validator, load_profiles
from tests.builders import device, organization, patient, procedure
from tests.unit.web.rest.outcomes import FHIR_JSON, body, ids, issues, links

if TYPE_CHECKING:
    from tests.builders import Document
    from tests.conftest import Product, Start

LENIENT = {"prefer": "handling=lenient"}


def patients(number: int) -> list[Document]:
    """Patients p0, p1 … born in 1900, 1901 …"""
    return [patient(id=f"p{n}", birthDate=str(1900 + n)) for n in range(number)]


async def found(product: Product, query: str, **headers: str) -> dict[str, Any]:
    response = await product.http.get(f"/fhir/{query}", headers=headers)
    assert response.status_code == 200, response.text
    return body(response)


async def test_a_search_answers_a_bundle_of_what_matches(start: Start) -> None:
    product = await start(*patients(3))
    bundle = await found(product, "Patient?birthdate=ge1901")
    assert (bundle["type"], bundle["total"]) == ("searchset", 2)
    assert [each["fullUrl"] for each in bundle["entry"]] == [f"http://localhost/fhir/Patient/p{n}" for n in (1, 2)]
    assert {each["search"]["mode"] for each in bundle["entry"]} == {"match"}
    assert Validator(load_profiles(), DEFAULTS).validate(bundle, "Bundle") == ()


async def test_a_search_without_matches_has_no_entries(start: Start) -> None:
    bundle = await found(await start(), "Patient?family=nobody")
    assert (bundle["total"], "entry" in bundle, set(links(bundle))) == (0, False, {"self", "first", "last"})


async def test_a_parameter_that_comes_twice_is_and_and_commas_are_or(start: Start) -> None:
    product = await start(*patients(5))
    assert ids(await found(product, "Patient?birthdate=ge1901&birthdate=le1902")) == ["p1", "p2"]
    assert ids(await found(product, "Patient?birthdate=1901,1903")) == ["p1", "p3"]
    assert ids(await found(product, "Patient?birthdate=1901&birthdate=1903")) == []


async def test_addresses_of_links_are_those_that_are_set(start: Start) -> None:
    product = await start(*patients(1), environment={"DMI_BASE_URL": "https://dmi.example/fhir"})
    bundle = await found(product, "Patient?family=martin")
    assert links(bundle)["self"] == "https://dmi.example/fhir/Patient?family=martin"
    assert bundle["entry"][0]["fullUrl"] == "https://dmi.example/fhir/Patient/p0"


async def test_the_pages_are_those_of_the_graph_in_both_directions(start: Start) -> None:
    product = await start(*patients(5))
    page = await found(product, "Patient?_sort=-birthdate&_count=2")
    seen = [page]
    while "next" in links(page):
        page = body(await product.http.get(links(page)["next"]))
        seen.append(page)
    assert [ids(each) for each in seen] == [["p4", "p3"], ["p2", "p1"], ["p0"]]
    assert [each["total"] for each in seen] == [5, 5, 5]
    assert ["previous" in links(each) for each in seen] == [False, True, True]
    assert ids(body(await product.http.get(links(seen[2])["previous"]))) == ["p2", "p1"]
    assert ids(body(await product.http.get(links(seen[2])["first"]))) == ["p4", "p3"]
    assert ids(body(await product.http.get(links(seen[0])["last"]))) == ["p1", "p0"]
    data = await product.data('{ PatientConnection(_sort: "-birthdate", _count: 2) { next last } }')
    [cursor] = parse_qs(urlsplit(links(seen[0])["next"]).query)["_cursor"]
    assert cursor == data["PatientConnection"]["next"]


async def test_rows_that_come_and_go_do_not_move_the_pages(start: Start) -> None:
    product = await start(*patients(4))
    page = await found(product, "Patient?_sort=birthdate&_count=2")
    await product.http.delete("/fhir/Patient/p0")
    assert ids(body(await product.http.get(links(page)["next"]))) == ["p2", "p3"]


async def test_an_offset_skips_rows_and_is_not_in_other_links(start: Start) -> None:
    bundle = await found(await start(*patients(5)), "Patient?_offset=2&_count=2")
    assert ids(bundle) == ["p2", "p3"]
    assert "_offset=2" in links(bundle)["self"]
    assert "_offset" not in links(bundle)["next"]


async def test_self_says_how_many_rows_a_page_really_has(start: Start) -> None:
    bundle = await found(await start(*patients(3), environment={"DMI_MAX_ROWS": "2"}), "Patient?_count=999999999")
    assert len(ids(bundle)) == 2
    assert links(bundle)["self"].endswith("_count=2")


@pytest.mark.parametrize("query", ["_summary=count", "_count=0"])
async def test_the_total_alone_is_told(start: Start, query: str) -> None:
    bundle = await found(await start(*patients(3)), f"Patient?{query}")
    assert (bundle["total"], "entry" in bundle, set(links(bundle))) == (3, False, {"self"})


async def test_the_total_is_left_out_for_who_does_not_want_it(start: Start) -> None:
    product = await start(*patients(3))
    assert "total" not in await found(product, "Patient?_total=none")
    assert (await found(product, "Patient?_total=estimate"))["total"] == 3


async def test_some_elements_are_asked_for_by_name(start: Start) -> None:
    bundle = await found(await start(*patients(1)), "Patient?_elements=birthDate,name")
    (entry,) = bundle["entry"]
    assert entry["resource"].keys() == {"resourceType", "id", "meta", "birthDate", "name"}
    assert entry["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Procedure?patient.birthdate=lt1901", ["x0"]),
        ("Procedure?subject:Patient.identifier=280079912345678&_sort=_id", ["x0", "x1"]),
        ("Procedure?patient=p1", ["x1"]),
        ("Procedure?subject:Patient=p1", ["x1"]),
        ("Procedure?status:not=completed", ["x1"]),
        ("Procedure?code:missing=false", ["x1"]),
        ("Procedure?_id:not=x1", ["x0"]),
        ("Device?_has:Procedure:focal-device:status=stopped", ["d1"]),
        ("Procedure?_filter=status eq stopped or patient.birthdate gt 1950", ["x1"]),
        ("Procedure?_lastUpdated=gt2020&status=stopped", ["x1"]),
        ("Patient?name:contains=ZO", ["p0", "p1"]),
        ("Organization?name=ch", ["o1"]),
        ("Organization?name:contains=H", ["o1"]),
    ],
)
async def test_modifiers_chains_and_filters_find_what_they_mean(start: Start, query: str, expected: list[str]) -> None:
    product = await start(
        *patients(2),
        organization(),
        device(),
        procedure(id="x0", subject={"reference": "Patient/p0"}, focalDevice=[]),
        procedure(
            id="x1",
            subject={"reference": "Patient/p1"},
            status="stopped",
            code={"text": "x", "coding": [{"code": "c"}]},
        ),
    )
    assert ids(await found(product, query)) == expected


async def test_a_form_asks_the_same_together_with_the_address(start: Start) -> None:
    product = await start(*patients(3))
    response = await product.http.post(
        "/fhir/Patient/_search?birthdate=ge1901", data={"birthdate": "le1901", "family": "MARTIN"}
    )
    bundle = body(response)
    assert (response.status_code, ids(bundle)) == (200, ["p1"])
    assert body(await product.http.get(links(bundle)["self"])) == bundle


async def test_a_form_in_json_is_415_and_an_address_of_a_form_is_not_read(start: Start) -> None:
    product = await start()
    assert (await product.http.post("/fhir/Patient/_search", json={})).status_code == 415
    assert (await product.http.get("/fhir/Patient/_search")).status_code == 404


async def test_a_deleted_resource_is_not_found(start: Start) -> None:
    product = await start(*patients(2))
    await product.http.delete("/fhir/Patient/p0")
    assert ids(await found(product, "Patient")) == ["p1"]


async def test_the_default_view_of_procedures_is_shown_by_self(start: Start) -> None:
    coded = procedure(id="x1", code={"coding": [{"system": "urn:a", "code": "c"}]})
    product = await start(procedure(id="x0"), coded, environment={"DMI_PROCEDURE_SYSTEMS": "urn:a,urn:b"})
    bundle = await found(product, "Procedure")
    assert ids(bundle) == ["x1"]
    assert links(bundle)["self"] == "http://localhost/fhir/Procedure?code=urn:a%7C,urn:b%7C"
    assert ids(await found(product, "Procedure?code:missing=true")) == ["x0"]
    assert ids(await found(product, "Procedure?_filter=code pr false")) == ["x0"]


# What is not understood


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("nonsense=1", "nonsense"),
        ("family:exact=x", "family:exact"),
        ("family:phonetic=x", "family"),
        ("_include=Patient:organization", "_include"),
        ("_revinclude=Procedure:patient", "_revinclude"),
        ("_summary=true", "_summary"),
        ("_text=x", "_text"),
        ("_count=x", "_count"),
        ("_count=-1", "_count"),
        ("_count=1e3", "_count"),
        ("_count=1&_count=2", "_count"),
        ("_total=maybe", "_total"),
        ("_elements=nonsense", "_elements"),
        ("_sort=nonsense", "_sort"),
        ("_sort=", "_sort"),
        ("_cursor=nonsense", "_cursor"),
        ("_filter=(", "_filter"),
        ("birthdate=yesterday", "birthdate"),
        ("gender=unheard", "gender"),
        ("family=", "family"),
        ("organization.nonsense=1", "nonsense"),
    ],
)
async def test_what_is_not_understood_is_400_and_named(start: Start, query: str, name: str) -> None:
    product = await start(*patients(1))
    assert name in [each["expression"][0] for each in issues(await product.http.get(f"/fhir/Patient?{query}"), 400)]


async def test_every_problem_is_named_at_once(start: Start) -> None:
    response = await (await start()).http.get("/fhir/Patient?nonsense=1&birthdate=x&_count=x&_offset=1&_offset=2")
    named = [each["expression"][0] for each in issues(response, 400)]
    assert named == ["nonsense", "birthdate", "_count", "_offset"]


async def test_a_cursor_of_another_search_is_400(start: Start) -> None:
    product = await start(*patients(3))
    cursor = links(await found(product, "Patient?_count=1"))["next"].partition("_cursor=")[2]
    assert issues(await product.http.get(f"/fhir/Patient?family=x&_cursor={cursor}"), 400)


async def test_values_are_not_repeated_by_a_refusal(start: Start) -> None:
    response = await (await start()).http.get("/fhir/Patient?birthdate=Secret&gender=Secret&_count=Secret")
    assert "Secret" not in response.text


async def test_who_is_lenient_has_unknown_parameters_ignored_and_is_told(start: Start) -> None:
    product = await start(*patients(2))
    bundle = await found(product, "Patient?nonsense=1&family:exact=x&_include=a&birthdate=1900", **LENIENT)
    assert ids(bundle) == ["p0"]
    assert links(bundle)["self"] == "http://localhost/fhir/Patient?birthdate=1900"
    outcome = bundle["entry"][-1]
    assert outcome["search"]["mode"] == "outcome"
    assert [each["severity"] for each in outcome["resource"]["issue"]] == ["warning"] * 3
    assert bundle["total"] == 1
    assert Validator(load_profiles(), DEFAULTS).validate(bundle, "Bundle") == ()


async def test_who_is_lenient_has_malformed_values_refused_all_the_same(start: Start) -> None:
    product = await start()
    assert issues(await product.http.get("/fhir/Patient?birthdate=x", headers=LENIENT), 400)


# Hostile queries


@pytest.mark.parametrize(
    "query",
    [
        "a=1&" * 10_000,
        "family=" + "x," * 10_000,
        "birthdate=" + "2024," * 101 + "2024",
        "family=" + "x" * 60_000,
        "family=%ff",
        "family=%00",
        "family=\\",
        "%F0%9F%92%A3=1",
        "_filter=" + "(" * 1_000,
        "_sort=" + ",".join(["birthdate"] * 1_000),
        "_cursor=" + "A" * 60_000,
        "_offset=999999999",
        ".".join(["organization"] * 1_000) + "=x",
        "=",
        "&&&",
        "family",
        "_has:" * 50 + "=1",
    ],
)
async def test_no_query_is_an_error_of_the_server(start: Start, query: str) -> None:
    product = await start(*patients(1))
    by_address = await product.http.get(f"/fhir/Patient?{query}")
    by_form = await product.http.post(
        "/fhir/Patient/_search",
        content=query.encode(),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert {by_address.status_code, by_form.status_code} <= {200, 400}
    assert by_address.headers["content-type"] == FHIR_JSON


async def test_many_chains_at_once_are_too_costly(start: Start) -> None:
    response = await (await start()).http.get("/fhir/Procedure?" + "&".join(["patient.organization.name=x"] * 60))
    assert [each["code"] for each in issues(response, 400)] == ["too-costly"]


# Media types


@pytest.mark.parametrize(
    ("accept", "query", "expected"),
    [
        ("*/*", "", "application/fhir+json"),
        ("application/json", "", "application/json"),
        ("application/fhir+xml", "?_format=json", "application/fhir+json"),
        ("application/fhir+xml, */*;q=0.1", "", "application/fhir+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "", "application/fhir+json"),
        ("*/*", "?_format=application/json", "application/json"),
    ],
)
async def test_the_answer_has_the_media_type_asked_for(start: Start, accept: str, query: str, expected: str) -> None:
    product = await start(*patients(1))
    for path in ("/fhir/Patient", "/fhir/Patient/p0", "/fhir/Patient/p0/_history"):
        response = await product.http.get(path + query, headers={"accept": accept})
        assert (response.status_code, response.headers["content-type"]) == (200, expected)


@pytest.mark.parametrize(
    ("accept", "query"), [("application/fhir+xml", ""), ("*/*", "?_format=xml"), ("text/html", "")]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/fhir/Patient/p0"), ("GET", "/fhir/Patient"), ("PUT", "/fhir/Patient/p0"), ("POST", "/fhir")],
)
async def test_another_media_type_is_406_and_nothing_is_done(
    start: Start, accept: str, query: str, method: str, path: str
) -> None:
    product = await start(*patients(1))
    response = await product.http.request(
        method, path + query, json=patient(id="p0", birthDate="1999"), headers={"accept": accept}
    )
    assert [each["code"] for each in issues(response, 406)] == ["not-supported"]
    assert body(await product.http.get("/fhir/Patient/p0"))["birthDate"] == "1900"


async def test_a_form_may_not_ask_for_xml_either(start: Start) -> None:
    response = await (await start()).http.post("/fhir/Patient/_search", data={"_format": "xml"})
    assert issues(response, 406)
