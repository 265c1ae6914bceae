"""The CapabilityStatement. https://hl7.org/fhir/R4/http.html#capabilities"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from app import __version__
from app.fhir.json import decode
from app.fhir.served import SERVED
from app.profiles import DEFAULTS, Validator, load_profiles
from app.search.parameters import fhir_name, parameters
from tests.builders import DMI_PROCEDURE, device

if TYPE_CHECKING:
    from tests.conftest import Start


async def statement(start: Start, **environment: str) -> dict[str, Any]:
    response = await (await start(environment=environment)).http.get("/fhir/metadata")
    assert response.status_code == 200
    result: dict[str, Any] = decode(response.content)
    return result


def of(statement: dict[str, Any], name: str) -> dict[str, Any]:
    (entry,) = [each for each in statement["rest"][0]["resource"] if each["type"] == name]
    result: dict[str, Any] = entry
    return result


async def test_the_statement_is_valid_fhir(start: Start) -> None:
    resource = await statement(start)
    assert Validator(load_profiles(), DEFAULTS).validate(resource, "CapabilityStatement") == ()
    CapabilityStatement.model_validate(resource)


async def test_the_statement_names_this_software_and_its_address(start: Start) -> None:
    resource = await statement(start)
    assert resource["software"] == {"name": "dmi-graph", "version": __version__}
    assert (resource["fhirVersion"], resource["kind"]) == ("4.0.1", "instance")
    assert resource["implementation"]["url"] == "http://localhost/fhir"


async def test_the_address_is_the_one_that_is_set(start: Start) -> None:
    resource = await statement(start, DMI_BASE_URL="https://dmi.example/fhir/")
    assert resource["implementation"]["url"] == "https://dmi.example/fhir"


async def test_every_served_type_is_stated_with_its_search_parameters(start: Start) -> None:
    resource = await statement(start)
    assert [each["type"] for each in resource["rest"][0]["resource"]] == list(SERVED)
    for name in SERVED:
        stated = {each["name"]: each["type"] for each in of(resource, name)["searchParam"]}
        assert stated == {fhir_name(each.name): each.kind for each in parameters(name).values()}


async def test_a_parameter_has_its_fhir_name_and_tells_its_argument_and_elements(start: Start) -> None:
    entry = of(await statement(start), "Procedure")
    (parameter,) = [each for each in entry["searchParam"] if each["name"] == "focal-device"]
    assert parameter["documentation"] == "`focal_device`: focalDevice.manipulated"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("body_site", "body-site"), ("_lastUpdated", "_lastUpdated"), ("_id", "_id"), ("lotNumber", "lotNumber")],
)
def test_a_parameter_is_named_as_fhir_writes_it(name: str, expected: str) -> None:
    assert fhir_name(name) == expected


async def test_graphql_is_the_operation_of_the_system_and_of_every_type(start: Start) -> None:
    resource = await statement(start)
    graphql = {"name": "graphql", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-graphql"}
    assert resource["rest"][0]["operation"] == [graphql]
    assert all(each["operation"] == [graphql] for each in resource["rest"][0]["resource"])


ASKED = {
    "read": ("GET", "/fhir/Device/d1"),
    "vread": ("GET", "/fhir/Device/d1/_history/1"),
    "update": ("PUT", "/fhir/Device/d1"),
    "patch": ("PATCH", "/fhir/Device/d1"),
    "delete": ("DELETE", "/fhir/Device/d1"),
    "history-instance": ("GET", "/fhir/Device/d1/_history"),
    "history-type": ("GET", "/fhir/Device/_history"),
    "create": ("POST", "/fhir/Device"),
    "search-type": ("GET", "/fhir/Device"),
}


@pytest.mark.parametrize("interaction", ASKED)
async def test_the_interactions_that_are_claimed_are_those_that_are_there(start: Start, interaction: str) -> None:
    product = await start(device())
    claimed = {each["code"] for each in of((await product.http.get("/fhir/metadata")).json(), "Device")["interaction"]}
    method, path = ASKED[interaction]
    response = await product.http.request(method, path)
    assert (interaction in claimed) == (response.status_code not in (404, 405))


async def test_a_transaction_is_claimed_and_there(start: Start) -> None:
    product = await start()
    assert (await statement(start))["rest"][0]["interaction"] == [{"code": "transaction"}]
    response = await product.http.post("/fhir", json={"resourceType": "Bundle", "type": "transaction"})
    assert response.status_code == 200


@pytest.mark.parametrize("setting", ["on", "off"])
async def test_whether_an_update_creates_is_stated(start: Start, setting: str) -> None:
    entry = of(await statement(start, DMI_UPDATE_CREATE=setting), "Device")
    assert entry["updateCreate"] is (setting == "on")


async def test_what_conditions_there_are_is_stated(start: Start) -> None:
    entry = of(await statement(start), "Device")
    assert (entry["versioning"], entry["readHistory"], entry["conditionalCreate"]) == ("versioned", True, True)
    assert (entry["conditionalUpdate"], entry["conditionalDelete"]) == (False, "not-supported")
    assert entry["conditionalRead"] == "not-match"


async def test_the_profiles_are_those_that_are_known_and_demanded(start: Start) -> None:
    entry = of(await statement(start), "Procedure")
    assert entry["profile"] == DMI_PROCEDURE
    assert entry["supportedProfile"] == [DMI_PROCEDURE]
    assert "profile" not in of(await statement(start, DMI_PROFILES="Procedure=base"), "Procedure")


@pytest.mark.parametrize(("policy", "stated"), [("warn", False), ("enforce", True)])
async def test_that_references_are_enforced_is_stated_where_it_is_true(start: Start, policy: str, stated: bool) -> None:
    entry = of(await statement(start, DMI_REFERENCES=policy), "Device")
    assert ("enforced" in entry["referencePolicy"]) is stated


@pytest.mark.parametrize(
    ("accept", "form", "expected"),
    [
        ("*/*", "", "application/fhir+json"),
        ("application/json", "", "application/json"),
        ("application/fhir+json;q=0.5, application/json;q=0.9", "", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", "application/fhir+json"),
        ("application/*", "", "application/fhir+json"),
        ("application/fhir+xml", "?_format=json", "application/fhir+json"),
        ("application/fhir+xml", "?_format=application/fhir+json", "application/fhir+json"),
        ("*/*", "?_format=application/fhir%2Bjson", "application/fhir+json"),
        ("*/*", "?_format=application/json", "application/json"),
    ],
)
async def test_the_form_is_the_one_asked_for(start: Start, accept: str, form: str, expected: str) -> None:
    response = await (await start()).http.get(f"/fhir/metadata{form}", headers={"accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, expected)


@pytest.mark.parametrize(
    ("accept", "form"),
    [("application/fhir+xml", ""), ("*/*", "?_format=xml"), ("application/*;q=0", ""), ("*/*", "?_format=%00")],
)
async def test_another_form_is_406_with_an_outcome(start: Start, accept: str, form: str) -> None:
    response = await (await start()).http.get(
        f"/fhir/metadata{form}", headers={"accept": accept, "accept-language": "fr"}
    )
    assert response.status_code == 406
    assert response.json()["issue"][0]["code"] == "not-supported"
    assert response.json()["issue"][0]["details"]["text"].startswith("Ce serveur n’écrit qu’en")


async def test_head_tells_what_get_would(start: Start) -> None:
    product = await start()
    product.http.headers["accept-encoding"] = "identity"
    head, get = await product.http.head("/fhir/metadata"), await product.http.get("/fhir/metadata")
    assert head.status_code == 200
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))


async def test_metadata_is_only_read(start: Start) -> None:
    response = await (await start()).http.post("/fhir/metadata")
    assert (response.status_code, set(response.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
    assert response.json()["resourceType"] == "OperationOutcome"


async def test_a_repeated_request_is_answered_with_the_same_text(start: Start) -> None:
    product = await start()
    first, second = [await product.http.get("/fhir/metadata") for _ in range(2)]
    assert first.content == second.content
