from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.intake.create import create
from app.intake.delete import delete
from app.intake.identity import RepeatableIds, random_id
from app.intake.transaction.response import transaction_response
from app.intake.transaction.transact import transact
from app.intake.update import update
from app.search.algebra import And
from app.store.repository import Write
from tests.builders import device, organization, practitioner, procedure

if TYPE_CHECKING:
    from app.access.principal import PrincipalRepository
    from app.intake.verdict import Rules
    from tests.builders import Document


def test_ids_are_random_without_a_key() -> None:
    assert random_id(device()) != random_id(device())


def test_a_repeated_request_comes_to_the_same_ids_in_any_order() -> None:
    first, again, other = RepeatableIds("k"), RepeatableIds("k"), RepeatableIds("l")
    one, two, twice = first(device()), first(procedure()), first(device())
    assert [again(procedure()), again(device()), again(device())] == [two, one, twice]
    assert len({one, two, twice, other(device())}) == 4


@pytest.mark.parametrize("sent", [device(id=None), procedure()])
async def test_a_create_that_was_killed_before_its_answer_is_told_what_it_stored(
    rules: Rules, writer: PrincipalRepository, sent: dict[str, str]
) -> None:
    name = sent["resourceType"]
    killed = await create(rules, writer, name, sent, new_id=RepeatableIds("k"))
    await update(rules, writer, name, killed.resource["id"], {**sent, "language": "fr"})
    repeated = await create(rules, writer, name, sent, new_id=RepeatableIds("k"))
    assert (repeated.resource, repeated.location) == (killed.resource, killed.location)
    assert await writer.count(name, And()) == 1


async def test_a_transaction_that_was_killed_before_its_answer_is_told_what_it_stored(
    rules: Rules, writer: PrincipalRepository
) -> None:
    there = (await create(rules, writer, "Organization", organization())).resource["id"]
    await writer.write([Write("Practitioner", "s1", practitioner()), Write("Practitioner", "s2", practitioner())])
    known = device(identifier=[{"system": "urn:d", "value": "1"}])
    sent = bundle(
        {"resource": device(), "request": {"method": "POST", "url": "Device"}},
        {"resource": known, "request": {"method": "POST", "url": "Device", "ifNoneExist": "identifier=urn:d|1"}},
        {"resource": organization(), "request": {"method": "POST", "url": "Organization", "ifNoneExist": "name=CHU"}},
        {
            "resource": practitioner(gender="other"),
            "request": {"method": "PUT", "url": "Practitioner/s1", "ifMatch": "1"},
        },
        {"request": {"method": "DELETE", "url": "Practitioner/s2", "ifMatch": "1"}},
    )
    killed = await transact(rules, writer, sent, RepeatableIds("k"))
    await update(rules, writer, "Device", killed.done[0].entry.id, device(id=None, lotNumber="LOT-2"))
    repeated = await transact(rules, writer, sent, RepeatableIds("k"))
    assert transaction_response(repeated) == transaction_response(killed)
    assert killed.done[2].entry.id == there
    assert await writer.count("Device", And()) == 2


async def test_a_transaction_under_another_key_is_another_one(rules: Rules, writer: PrincipalRepository) -> None:
    sent = bundle({"resource": device(), "request": {"method": "POST", "url": "Device"}})
    for key in ("k", "l"):
        await transact(rules, writer, sent, RepeatableIds(key))
    assert await writer.count("Device", And()) == 2


async def test_what_a_repeated_transaction_found_may_be_gone(rules: Rules, writer: PrincipalRepository) -> None:
    there = (await create(rules, writer, "Organization", organization())).resource["id"]
    sent = bundle(
        {"resource": device(), "request": {"method": "POST", "url": "Device"}},
        {"resource": organization(), "request": {"method": "POST", "url": "Organization", "ifNoneExist": "name=CHU"}},
    )
    await transact(rules, writer, sent, RepeatableIds("k"))
    await delete(writer, "Organization", there)
    repeated = await transact(rules, writer, sent, RepeatableIds("k"))
    assert [done.created for done in repeated.done] == [True, False]
    assert await writer.count("Organization", And()) == 0


def bundle(*entries: Document) -> Document:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
