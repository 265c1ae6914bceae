from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.examples import guide_examples
from app.errors import DuplicateKey, InvalidResource, MalformedJson, VersionConflict
from app.fhir.served import SERVED
from app.intake.create import create
from app.intake.delete import delete
from app.intake.transaction import transact as transacting
from app.intake.transaction.response import transaction_response
from app.intake.transaction.transact import transact
from app.profiles.finding import MOST_FINDINGS
from app.search.algebra import And
from app.search.arguments import filter_of
from app.store.repository import Head, Write
from tests.builders import device, organization, patient, practitioner, procedure

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository
    from app.intake.verdict import Rules
    from tests.builders import Document

PATIENT, DEVICE, INNER = (f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in range(3))


def entry(resource: Document | None, url: str = "", method: str = "POST", **request: Any) -> Document:
    """An entry; `url` is its fullUrl, `request` what the request has beside its method, its url in the first place."""
    own = {"fullUrl": url} if url else {}
    held = {} if resource is None else {"resource": resource}
    return {**own, **held, "request": {"method": method, "url": "Any", **request}}


def bundle(*entries: Document) -> Document:
    return {"resourceType": "Bundle", "type": "transaction", **({"entry": list(entries)} if entries else {})}


def implanted(**changes: Any) -> Document:
    given = {"subject": {"reference": PATIENT}, "focalDevice": [{"manipulated": {"reference": DEVICE}}]}
    return procedure(**{**given, **changes})


async def stored(writer: PrincipalRepository) -> int:
    return sum([await writer.count(name, And()) for name in SERVED])


async def refused(rules: Rules, writer: PrincipalRepository, sent: Any) -> set[tuple[str, str]]:
    """(place, rule) of each error; nothing may have been stored."""
    before = await stored(writer)
    with pytest.raises(InvalidResource) as refusal:
        await transact(rules, writer, sent)
    assert await stored(writer) == before
    return {(issue.expression, issue.rule) for issue in refusal.value.issues if issue.severity == "error"}


async def test_references_among_entries_lead_to_the_stored_resources(rules: Rules, writer: PrincipalRepository) -> None:
    sent = bundle(entry(implanted()), entry(patient(), PATIENT), entry(device(), DEVICE))
    done = (await transact(rules, writer, sent)).done
    written, its_patient, its_device = (each.stored.resource or {} for each in done)
    assert written["subject"] == {"reference": f"Patient/{its_patient['id']}"}
    assert written["focalDevice"] == [{"manipulated": {"reference": f"Device/{its_device['id']}"}}]
    assert written["performer"] == implanted()["performer"]
    assert await writer.read("Procedure", [written["id"]]) == {written["id"]: written}
    assert sent["entry"][0]["resource"] == implanted()


@pytest.mark.parametrize("example", [each for each in guide_examples() if each["resourceType"] == "Bundle"])
async def test_every_bundle_of_the_guide_is_stored_by_the_types_of_its_resources(
    rules: Rules, writer: PrincipalRepository, example: Document
) -> None:
    response = transaction_response(await transact(rules, writer, example))
    placed = [each["response"]["location"].partition("/")[0] for each in response["entry"]]
    assert placed == [each["resource"]["resourceType"] for each in example["entry"]]
    assert await stored(writer) == len(example["entry"])


async def test_a_bundle_may_be_sent_as_its_json_text(rules: Rules, writer: PrincipalRepository) -> None:
    sent = json.dumps(bundle(entry(device())))
    assert len((await transact(rules, writer, sent)).done) == 1
    with pytest.raises((InvalidResource, MalformedJson)):
        await transact(rules, writer, sent[:-1])


async def test_relative_references_name_entries_by_the_address_of_their_server(
    rules: Rules, writer: PrincipalRepository
) -> None:
    done = (
        await transact(
            rules,
            writer,
            bundle(
                entry(device(id="a", patient={"reference": "Patient/p1"}), "https://a.example/fhir/Device/a"),
                entry(patient(), "https://a.example/fhir/Patient/p1"),
                entry(device(id="b", patient={"reference": "Patient/p1"}), "https://b.example/fhir/Device/b"),
            ),
        )
    ).done
    first, named, other = (each.stored.resource or {} for each in done)
    assert first["patient"]["reference"] == f"Patient/{named['id']}"
    assert other["patient"]["reference"] == "Patient/p1"


async def test_a_uri_that_is_a_full_url_is_rewritten_but_a_canonical_and_a_text_are_not(
    rules: Rules, writer: PrincipalRepository
) -> None:
    told: Document = {"resourceType": "DocumentReference", "status": "current", "description": PATIENT}
    told["content"] = [{"attachment": {"url": PATIENT, "title": PATIENT}}]
    told["extension"] = [{"url": "urn:mine", "valueCanonical": PATIENT}]
    told["text"] = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{PATIENT}</div>'}
    done = (await transact(rules, writer, bundle(entry(told), entry(patient(), PATIENT)))).done
    written, its_patient = (each.stored.resource or {} for each in done)
    assert written["content"] == [{"attachment": {"url": f"Patient/{its_patient['id']}", "title": PATIENT}}]
    assert (written["description"], written["extension"], written["text"]) == (
        PATIENT,
        told["extension"],
        told["text"],
    )


async def test_a_nested_bundle_is_stored_as_it_is_and_found_by_reference(
    rules: Rules, writer: PrincipalRepository
) -> None:
    [inner] = [each for each in guide_examples() if each["id"] == "dmi-bundle-request-example"]
    [event] = [each for each in guide_examples() if each["resourceType"] == "AuditEvent"]
    event = {**event, "entity": [{"what": {"reference": INNER}}]}
    done = (await transact(rules, writer, bundle(entry(event), entry(inner, INNER)))).done
    written, document = (each.stored.resource or {} for each in done)
    assert document["entry"] == inner["entry"]
    assert await writer.count("Bundle", filter_of("Bundle", {"entry_device": ["dmi-device-example"]})) == 1
    assert written["entity"] == [{"what": {"reference": f"Bundle/{document['id']}"}}]


@pytest.mark.parametrize(
    ("inner", "asked"),
    [
        (patient(), {"entry_identifier": ["280079912345678"]}),
        (organization(identifier=[{"system": "urn:o", "value": "1"}]), {"entry_identifier": ["urn:o|1"]}),
        (procedure(), {"entry_identifier": ["I-1"]}),
        (procedure(), {"entry_device": ["d1"]}),
        (procedure(usedReference=[{"reference": "Device/d2"}]), {"entry_device": ["d2"]}),
    ],
    ids=lambda value: value.get("resourceType", ""),
)
async def test_a_nested_bundle_is_found_by_what_its_entries_are(
    rules: Rules, writer: PrincipalRepository, inner: Document, asked: dict[str, Any]
) -> None:
    nested = {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": INNER, "resource": inner}]}
    await transact(rules, writer, bundle(entry(nested)))
    assert await writer.count("Bundle", filter_of("Bundle", asked)) == 1


async def test_references_may_go_in_circles_and_to_oneself(rules: Rules, writer: PrincipalRepository) -> None:
    one = organization(
        partOf={"reference": INNER}, extension=[{"url": "urn:me", "valueReference": {"reference": PATIENT}}]
    )
    sent = bundle(entry(one, PATIENT), entry(organization(partOf={"reference": PATIENT}), INNER))
    first, second = (each.stored.resource or {} for each in (await transact(rules, writer, sent)).done)
    assert first["partOf"]["reference"] == f"Organization/{second['id']}"
    assert second["partOf"]["reference"] == f"Organization/{first['id']}"
    assert first["extension"][0]["valueReference"]["reference"] == f"Organization/{first['id']}"


async def test_methods_create_update_and_delete(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", "d1", device()), Write("Device", "d2", device(id="d2"))])
    sent = bundle(
        entry(None, method="DELETE", url="") | {"request": {"method": "DELETE", "url": "Device/d2"}},
        entry(device(lotNumber="B"), method="PUT", ifMatch='W/"1"'),
        entry(patient()),
    )
    response = transaction_response(await transact(rules, writer, sent), base="https://dmi.example/fhir")
    told = [each["response"] for each in response["entry"]]
    assert [each["status"] for each in told] == ["204 No Content", "200 OK", "201 Created"]
    assert (told[1]["location"], told[1]["etag"]) == ("Device/d1/_history/2", 'W/"2"')
    assert response["entry"][1]["fullUrl"] == "https://dmi.example/fhir/Device/d1"
    assert (await writer.heads("Device", ["d2"]))["d2"] == Head(2, deleted=True)


async def test_an_update_goes_to_the_id_in_its_url(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", "d9", device(id="d9"))])
    given = bundle(
        entry(device(id=None, lotNumber="B"), method="PUT") | {"request": {"method": "PUT", "url": "DMIDevice/d9"}}
    )
    [done] = (await transact(rules, writer, given)).done
    assert (done.entry.place, done.stored.version) == ("Device/d9", 2)


async def test_an_update_of_what_is_not_there_needs_the_setting(rules: Rules, writer: PrincipalRepository) -> None:
    sent = bundle(entry(device(), method="PUT"))
    assert await refused(rules, writer, sent) == {("Bundle.entry[0].request.url", "entry-known")}
    [done] = (await transact(replace(rules, update_create=True), writer, sent)).done
    assert (done.created, done.stored.version) == (True, 1)


async def test_an_update_restores_what_was_deleted(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", "d1", device())])
    await delete(writer, "Device", "d1")
    [done] = (await transact(rules, writer, bundle(entry(device(), method="PUT")))).done
    assert (done.created, done.stored.version) == (True, 3)


async def test_an_error_in_the_last_entry_leaves_nothing(rules: Rules, writer: PrincipalRepository) -> None:
    sent = bundle(entry(patient()), entry(device()), entry(procedure(status="done", bodySite=None)))
    places = {place for place, _ in await refused(rules, writer, sent)}
    assert {"Bundle.entry[2].resource.status", "Bundle.entry[2].resource.bodySite"} <= places


@pytest.mark.parametrize(
    ("given", "place", "rule"),
    [
        (entry({"resourceType": "Medication"}), ".resource", "entry-type"),
        (entry(None), ".resource", "entry-resource"),
        (entry(device(), method="GET"), ".request.method", "entry-method"),
        (entry(device(id=None), method="PUT"), ".request.url", "entry-target"),
        (entry(None, method="DELETE"), ".request.url", "entry-target"),
        (entry(device(), method="PUT", ifMatch="now"), ".request.ifMatch", "if-match"),
        (entry(device(), ifNoneExist="nonsense=1"), ".request.ifNoneExist", "search-unknown-parameter"),
        (entry(device(patient={"reference": PATIENT})), ".resource.patient.reference", "reference-entry"),
        (entry(device(patient={"reference": "Patient?identifier=x"})), ".resource.patient.reference", "reference-none"),
        (
            entry(device(patient={"reference": "Patient?nonsense=x"})),
            ".resource.patient.reference",
            "search-unknown-parameter",
        ),
        (
            entry(device(), method="PUT") | {"request": {"method": "PUT", "url": "Device/d2"}},
            ".request.url",
            "entry-agreement",
        ),
        (
            entry(device(), method="PUT") | {"request": {"method": "PUT", "url": "Patient/d1"}},
            ".request.url",
            "entry-agreement",
        ),
        (entry(None) | {"request": {"method": "DELETE", "url": "Device/none"}}, ".request.url", "entry-known"),
        (
            entry(None) | {"request": {"method": "DELETE", "url": "https://other.example/fhir/Device/d1"}},
            ".request.url",
            "entry-target",
        ),
        (
            entry(None) | {"request": {"method": "DELETE", "url": "Device/d1/_history/1"}},
            ".request.url",
            "entry-target",
        ),
        (
            entry(device()) | {"request": {"method": "PUT", "url": "https://other.example/fhir/Device/d1"}},
            ".request.url",
            "entry-target",
        ),
        (entry(device(), method="PUT", ifNoneExist="lotNumber=A"), ".request.ifNoneExist", "entry-condition"),
        (entry(device(), method="PUT", ifNoneMatch="*"), ".request.ifNoneMatch", "entry-condition"),
        (entry(device(), ifMatch='W/"1"'), ".request.ifMatch", "entry-condition"),
    ],
)
async def test_an_entry_that_cannot_be_done_is_named(
    rules: Rules, writer: PrincipalRepository, given: Document, place: str, rule: str
) -> None:
    sent = bundle(entry(organization()), given)
    assert (f"Bundle.entry[1]{place}", rule) in await refused(rules, writer, sent)


@pytest.mark.parametrize(
    ("entries", "issue"),
    [
        ([entry(device(), PATIENT), entry(patient(), PATIENT)], ("Bundle", "bdl-7")),
        (
            [entry(device(), PATIENT), entry(patient(meta={"versionId": "2"}), PATIENT)],
            ("Bundle.entry[1].fullUrl", "entry-full-url"),
        ),
        ([entry(device(), method="PUT"), entry(device(), method="PUT")], ("Bundle.entry[1]", "entry-twice")),
        (
            [entry(device(), ifNoneExist="lotNumber=A"), entry(device(), ifNoneExist="Device?lotNumber=a")],
            ("Bundle.entry[1]", "entry-twice"),
        ),
        ([entry(procedure()), entry(procedure())], ("Bundle.entry[1].resource", "entry-key")),
    ],
)
async def test_two_entries_about_the_same_are_refused(
    rules: Rules, writer: PrincipalRepository, entries: list[Document], issue: tuple[str, str]
) -> None:
    assert issue in await refused(replace(rules, update_create=True), writer, bundle(*entries))


async def test_a_stale_if_match_tells_the_current_version(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", "d1", device())])
    with pytest.raises(InvalidResource) as refusal:
        await transact(rules, writer, bundle(entry(device(lotNumber="B"), method="PUT", ifMatch="3")))
    [issue] = (each for each in refusal.value.issues if each.severity == "error")
    assert (issue.code, issue.expression) == ("conflict", "Bundle.entry[0].request.ifMatch")
    assert "1" in issue.en


async def test_any_version_of_a_deleted_resource_is_none(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", "d1", device())])
    await transact(rules, writer, bundle(entry(device(lotNumber="B"), method="PUT", ifMatch="*")))
    await delete(writer, "Device", "d1")
    sent = bundle(entry(device(lotNumber="C"), method="PUT", ifMatch="*"))
    assert await refused(rules, writer, sent) == {("Bundle.entry[0].request.ifMatch", "entry-if-match")}


async def test_a_procedure_that_another_one_stands_for_leaves_nothing(
    rules: Rules, writer: PrincipalRepository
) -> None:
    await create(rules, writer, "Procedure", procedure())
    before = await stored(writer)
    with pytest.raises(Exception, match="only one resource may have"):
        await transact(rules, writer, bundle(entry(patient()), entry(procedure())))
    assert await stored(writer) == before


async def test_a_procedure_that_another_one_stands_for_is_named(rules: Rules, writer: PrincipalRepository) -> None:
    await create(rules, writer, "Procedure", procedure())
    with pytest.raises(DuplicateKey) as refusal:
        await transact(rules, writer, bundle(entry(patient()), entry(procedure())))
    assert [issue.expression for issue in refusal.value.issues] == ["Bundle.entry[1]"]


async def test_an_entry_that_another_request_went_past_is_named(
    rules: Rules, writer: PrincipalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    await writer.write([Write("Device", "d1", device())])

    async def went_past(*_: Any, together: bool) -> Any:
        assert together
        raise VersionConflict("Device/d1", 2)

    monkeypatch.setattr(writer, "write", went_past)
    sent = bundle(entry(patient()), entry(device(lotNumber="B"), method="PUT", ifMatch="1"))
    with pytest.raises(VersionConflict) as refusal:
        await transact(rules, writer, sent)
    assert [issue.expression for issue in refusal.value.issues] == ["Bundle.entry[1]"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_an_entry_that_names_no_version_comes_after_another_request(
    rules: Rules, writer: PrincipalRepository, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    await writer.write([Write("Device", "d1", device())])
    await delete(writer, "Device", "d1")
    write = writer.write

    async def after_another(writes: Any, *, together: bool) -> Any:
        await write([Write("Device", "d1", device(lotNumber="B"))])
        return await write(writes, together=together)

    monkeypatch.setattr(writer, "write", after_another)
    sent = entry(device(lotNumber="C") if method == "PUT" else None, method=method) | {
        "request": {"method": method, "url": "Device/d1"}
    }
    await transact(rules, writer, bundle(entry(patient()), sent))
    assert (await writer.heads("Device", ["d1"]))["d1"] == Head(4, deleted=method == "DELETE")


async def test_an_update_frees_the_number_for_another_entry(rules: Rules, writer: PrincipalRepository) -> None:
    old = (await create(rules, writer, "Procedure", procedure())).resource["id"]
    [number] = procedure()["identifier"]
    corrected = procedure(id=old, identifier=[{**number, "value": "I-2"}])
    sent = bundle(entry(procedure()), entry(corrected, method="PUT"))
    assert [each.created for each in (await transact(rules, writer, sent)).done] == [True, False]


async def test_updates_may_change_their_numbers_with_each_other(rules: Rules, writer: PrincipalRepository) -> None:
    [number] = procedure()["identifier"]
    numbered = [procedure(identifier=[{**number, "value": value}]) for value in ("I-1", "I-2")]
    ids = [(await create(rules, writer, "Procedure", each)).resource["id"] for each in numbered]
    changed = [entry({**each, "id": id_}, method="PUT") for each, id_ in zip(numbered, reversed(ids), strict=True)]
    await transact(rules, writer, bundle(*changed))
    with pytest.raises(DuplicateKey) as refusal:
        await create(rules, writer, "Procedure", numbered[0])
    assert refusal.value.place == f"Procedure/{ids[1]}"


async def test_one_legal_entity_that_comes_with_each_bundle_has_one_procedure_of_a_number(
    rules: Rules, writer: PrincipalRepository
) -> None:
    sender = organization(identifier=[{"system": "https://sirene.fr", "value": "120027016"}])
    sent = bundle(
        entry(sender, PATIENT),
        entry(procedure(performer=[{"actor": {"display": "s"}, "onBehalfOf": {"reference": PATIENT}}])),
    )
    await transact(rules, writer, sent)
    before = await stored(writer)
    with pytest.raises(DuplicateKey):
        await transact(rules, writer, sent)
    assert await stored(writer) == before


async def test_a_deletion_frees_the_number_for_another_entry(rules: Rules, writer: PrincipalRepository) -> None:
    old = (await create(rules, writer, "Procedure", procedure())).resource["id"]
    sent = bundle(entry(procedure()), entry(None) | {"request": {"method": "DELETE", "url": f"Procedure/{old}"}})
    assert [each.created for each in (await transact(rules, writer, sent)).done] == [True, False]


async def test_if_none_exist_leaves_what_is_there_and_refers_to_it(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Patient", "known", patient(id="known"))])
    found = entry(patient(), PATIENT, ifNoneExist="identifier=280079912345678")
    other = entry(device(), DEVICE, ifNoneExist="lotNumber=LOT-1")
    done = (await transact(rules, writer, bundle(entry(implanted()), found, other))).done
    assert [each.created for each in done] == [True, False, True]
    assert (done[0].stored.resource or {})["subject"]["reference"] == "Patient/known"


async def test_if_none_exist_does_not_answer_what_another_entry_deletes(
    rules: Rules, writer: PrincipalRepository
) -> None:
    await writer.write([Write("Device", "d1", device())])
    deletion = entry(None) | {"request": {"method": "DELETE", "url": "Device/d1"}}
    sent = bundle(entry(device(), ifNoneExist="lotNumber=LOT-1"), deletion)
    assert await refused(rules, writer, sent) == {("Bundle.entry[0]", "entry-twice")}


async def test_a_resource_that_is_not_stored_meets_no_conditional_reference(
    rules: Rules, writer: PrincipalRepository
) -> None:
    await writer.write([Write("Patient", "p1", patient())])
    needless = entry(patient(gender="female"), ifNoneExist="family=Martin")
    sent = bundle(needless, entry(device(patient={"reference": "Patient?gender=female"})))
    assert ("Bundle.entry[1].resource.patient.reference", "reference-none") in await refused(rules, writer, sent)


async def test_a_deletion_that_was_done_before_is_done_whatever_its_if_match(
    rules: Rules, writer: PrincipalRepository
) -> None:
    await writer.write([Write("Device", "d1", device())])
    await delete(writer, "Device", "d1")
    deletion = entry(None) | {"request": {"method": "DELETE", "url": "Device/d1", "ifMatch": 'W/"1"'}}
    [done] = (await transact(rules, writer, bundle(deletion))).done
    assert (done.stored.version, done.stored.changed) == (2, False)


async def test_if_none_exist_that_several_meet_is_refused(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Device", name, device(id=name)) for name in ("a", "b")])
    sent = bundle(entry(device(), ifNoneExist="lotNumber=LOT-1"))
    assert await refused(rules, writer, sent) == {("Bundle.entry[0].request.ifNoneExist", "entry-if-none-exist")}


async def test_racing_transactions_with_the_same_condition_leave_one_resource(
    rules: Rules, writer: PrincipalRepository
) -> None:
    sent = bundle(
        entry(device(), ifNoneExist="lotNumber=LOT-1"), entry(patient(), ifNoneExist="identifier=280079912345678")
    )
    await asyncio.gather(*(transact(rules, writer, sent) for _ in range(10)))
    assert (await writer.count("Device", And()), await writer.count("Patient", And())) == (1, 1)


async def test_a_conditional_reference_means_a_stored_resource_or_an_entry(
    rules: Rules, writer: PrincipalRepository
) -> None:
    await writer.write([Write("Practitioner", "s9", practitioner(id="s9", identifier=[{"value": "RPPS-1"}]))])
    operated = implanted(
        subject={"reference": "Patient?identifier=280079912345678"},
        performer=[
            {
                "actor": {"reference": "Practitioner?identifier=RPPS-1"},
                "onBehalfOf": {"reference": "Organization/o1"},
            }
        ],
    )
    done = (await transact(rules, writer, bundle(entry(operated), entry(patient()), entry(device(), DEVICE)))).done
    written, its_patient, _ = (each.stored.resource or {} for each in done)
    assert written["subject"]["reference"] == f"Patient/{its_patient['id']}"
    assert written["performer"][0]["actor"]["reference"] == "Practitioner/s9"


async def test_a_conditional_reference_that_two_meet_is_refused(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Patient", "p9", patient(id="p9"))])
    referring = device(patient={"reference": "Patient?identifier=280079912345678"})
    sent = bundle(entry(referring), entry(patient()))
    assert await refused(rules, writer, sent) == {("Bundle.entry[0].resource.patient.reference", "reference-several")}


async def test_an_update_counts_as_what_it_will_be(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Patient", "p1", patient()), Write("Patient", "p2", patient(id="p2"))])
    referring = device(patient={"reference": "Patient?identifier=280079912345678"})
    renamed = patient(identifier=[{"value": "other"}])
    done = (await transact(rules, writer, bundle(entry(referring), entry(renamed, method="PUT")))).done
    assert (done[0].stored.resource or {})["patient"]["reference"] == "Patient/p2"


async def test_what_comes_with_a_resource_counts_as_there(rules: Rules, writer: PrincipalRepository) -> None:
    enforcing = replace(rules, references="enforce")
    sent = bundle(entry(device(patient={"reference": PATIENT})), entry(patient(), PATIENT))
    assert len((await transact(enforcing, writer, sent)).done) == 2
    absent = bundle(entry(device(patient={"reference": "Patient/none"})))
    assert await refused(enforcing, writer, absent) == {("Bundle.entry[0].resource.patient", "reference-exists")}


async def test_what_an_entry_deletes_is_not_there_for_the_others(rules: Rules, writer: PrincipalRepository) -> None:
    await writer.write([Write("Patient", "p1", patient())])
    deletion = entry(None) | {"request": {"method": "DELETE", "url": "Patient/p1"}}
    sent = bundle(deletion, entry(device(patient={"reference": "Patient/p1"})))
    enforcing = replace(rules, references="enforce")
    assert await refused(enforcing, writer, sent) == {("Bundle.entry[1].resource.patient", "reference-exists")}
    warnings = (await transact(replace(rules, references="warn"), writer, sent)).warnings
    assert "reference-exists" in {each.rule for each in warnings}


async def test_warnings_are_told_with_their_entry(rules: Rules, writer: PrincipalRepository) -> None:
    sent = bundle(entry(patient()), entry(device(patient={"reference": "Patient/none"})))
    response = transaction_response(await transact(replace(rules, references="warn"), writer, sent))
    places = [each["expression"] for each in response["entry"][1]["response"]["outcome"]["issue"]]
    assert ["Bundle.entry[1].resource.patient"] in places


async def test_an_empty_bundle_has_an_empty_answer(rules: Rules, writer: PrincipalRepository) -> None:
    response = transaction_response(await transact(rules, writer, bundle()))
    assert response == {"resourceType": "Bundle", "type": "transaction-response"}


@pytest.mark.parametrize("kind", ["collection", "searchset", "batch"])
async def test_a_bundle_of_another_type_is_no_transaction(rules: Rules, writer: PrincipalRepository, kind: str) -> None:
    sent = {"resourceType": "Bundle", "type": kind}
    assert await refused(rules, writer, sent) == {("Bundle.type", "transaction-type")}


@pytest.mark.parametrize("sent", [None, [], 3, "", "[]", {}, device(), {"resourceType": "Bundle", "entry": [None, 3]}])
async def test_what_is_no_bundle_is_refused(rules: Rules, writer: PrincipalRepository, sent: Any) -> None:
    assert await refused(rules, writer, sent)


async def test_a_refusal_counts_what_it_does_not_name(rules: Rules, writer: PrincipalRepository) -> None:
    dangling = [entry(device(patient={"reference": PATIENT})) for _ in range(MOST_FINDINGS + 100)]
    with pytest.raises(InvalidResource) as refusal:
        await transact(rules, writer, bundle(*dangling))
    assert len(refusal.value.issues) == MOST_FINDINGS + 1
    assert refusal.value.issues[-1].rule == "cap"


async def test_a_transaction_has_a_largest_size(
    rules: Rules, writer: PrincipalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transacting, "MOST_ENTRIES", 2)
    sent = bundle(*(entry(device()) for _ in range(3)))
    assert await refused(rules, writer, sent) == {("Bundle.entry", "transaction-size")}
