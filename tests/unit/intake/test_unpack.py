from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.fhir.json import encode
from app.fhir.served import SERVED
from app.intake.load import Loaded, load_unpacked
from app.intake.unpack import is_bundle
from app.search.algebra import And
from tests.builders import device, organization, patient

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository
    from app.intake.verdict import Rules


def bundle(*resources: Any, kind: str = "transaction", **request: str) -> dict[str, Any]:
    entries = [{"resource": each, "request": {"method": "POST", "url": "Any", **request}} for each in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


async def unpacked(rules: Rules, writer: PrincipalRepository, *sent: Any) -> list[Loaded]:
    pairs = [(f"line {number}", encode(each)) for number, each in enumerate(sent)]
    return [each async for each in load_unpacked(rules, writer, pairs)]


async def stored(writer: PrincipalRepository) -> dict[str, int]:
    counts = {name: await writer.count(name, And()) for name in SERVED}
    return {name: number for name, number in counts.items() if number}


def test_a_bundle_is_told_by_its_type_alone() -> None:
    assert is_bundle(encode(bundle()))
    assert not is_bundle(b'{"resourceType": "Patient", "id": "Bundle"}')
    assert not is_bundle(b'{"Bundle"')


async def test_the_entries_are_stored_and_the_bundle_is_not(rules: Rules, writer: PrincipalRepository) -> None:
    [loaded] = await unpacked(rules, writer, bundle(patient(), device()))
    assert (loaded.changed, loaded.refused) == (True, False)
    assert await stored(writer) == {"Patient": 1, "Device": 1}


async def test_resources_around_it_keep_their_ids_and_order(rules: Rules, writer: PrincipalRepository) -> None:
    results = await unpacked(rules, writer, organization(id="a"), bundle(patient()), organization(id="b"))
    assert [each.place for each in results] == ["Organization/a", "", "Organization/b"]


async def test_the_same_bundle_is_stored_once(rules: Rules, writer: PrincipalRepository) -> None:
    await unpacked(rules, writer, bundle(patient(), device()))
    [again] = await unpacked(rules, writer, bundle(patient(), device()))
    assert (again.changed, again.refused) == (False, False)
    assert await stored(writer) == {"Patient": 1, "Device": 1}


async def test_one_whose_condition_was_met_is_known_again(rules: Rules, writer: PrincipalRepository) -> None:
    sent = bundle(patient(), ifNoneExist=f"identifier={patient()['identifier'][0]['value']}")
    await unpacked(rules, writer, sent)
    [again] = await unpacked(rules, writer, sent)
    assert (again.changed, again.refused) == (False, False)
    assert await stored(writer) == {"Patient": 1}


async def test_a_wrong_entry_keeps_all_out_and_is_named(rules: Rules, writer: PrincipalRepository) -> None:
    [loaded] = await unpacked(rules, writer, bundle(patient(), device(status="broken")))
    assert loaded.refused
    assert any(issue.expression == "Bundle.entry[1].resource.status" for issue in loaded.issues)
    assert await stored(writer) == {}


async def test_a_bundle_that_is_no_transaction_is_refused(rules: Rules, writer: PrincipalRepository) -> None:
    sent = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient()}]}
    [loaded] = await unpacked(rules, writer, sent)
    assert [issue.rule for issue in loaded.issues] == ["transaction-type"]
