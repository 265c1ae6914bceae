"""Every bad input that the tests of validation know, sent through every door: each tells the same findings."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from app.fhir.json import decode, encode
from app.fhir.outcome import operation_outcome
from app.profiles import DEFAULTS, Validator, load_profiles
from tests.end_to_end.processes import command, serving
from tests.end_to_end.survival.bad_inputs import BROKEN_TEXTS, LARGEST, bad_inputs
from tests.end_to_end.survival.doors import DOORS, GraphQL, Refused, Rest, client, findings
from tests.end_to_end.survival.intake import entry, transaction
from tests.end_to_end.survival.places import look_into

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

    from tests.builders import Document
    from tests.end_to_end.survival.doors import Door, Findings

ENTRY = "Bundle.entry[0].resource"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"embedded:{tmp_path_factory.mktemp('store')}"


@pytest.fixture(scope="module")
def http(store: str) -> Iterator[httpx.Client]:
    settings = {"DMI_STORE": store, "DMI_EXAMPLE_DATA": "off", "DMI_MAX_BODY": str(2 * LARGEST)}
    with serving(**settings) as server, client(server.url) as http:
        yield http
        assert server.log == []
    assert look_into(store).histories == {}


@pytest.fixture(scope="module")
def inputs() -> dict[str, Document]:
    return bad_inputs()


@pytest.fixture(scope="module")
def expected(inputs: dict[str, Document]) -> dict[str, Findings]:
    """What the rules find wrong, without any door."""
    validator = Validator(load_profiles(), DEFAULTS)
    return {
        name: findings(operation_outcome(validator.validate(resource, resource["resourceType"])))
        for name, resource in inputs.items()
    }


@pytest.fixture(scope="module")
def in_entries(inputs: dict[str, Document], expected: dict[str, Findings]) -> dict[str, Findings]:
    """The same where each resource is the entry of a transaction, in which a reference may be a search."""
    return {
        name: sorted((_in_entry(place, inputs[name]["resourceType"]), rule) for place, rule in found)
        for name, found in expected.items()
        if not re.search(rb'"reference":"[A-Z][A-Za-z]+\?', encode({**inputs[name], "entry": None}))
    }


def _in_entry(place: str, type_name: str) -> str:
    return f"{ENTRY}{place.removeprefix(type_name)}" if place else ""


def found(write: Callable[[], object]) -> Findings:
    try:
        write()
    except Refused as refusal:
        return findings(refusal.outcome)
    return [("", "stored")]


def differing(one: dict[str, Findings], other: dict[str, Findings]) -> dict[str, Any]:
    assert one.keys() == other.keys()
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


def bundled(resource: dict[str, Any]) -> dict[str, Any]:
    return transaction(entry("POST", resource["resourceType"], resource))


def test_hundreds_of_inputs_break_hundreds_of_rules(expected: dict[str, Findings]) -> None:
    assert len(expected) > 400
    assert len({rule for found in expected.values() for _, rule in found}) > 400


@pytest.mark.parametrize("door_of", DOORS)
def test_a_create_tells_the_findings_of_the_rules(
    http: httpx.Client,
    inputs: dict[str, Document],
    expected: dict[str, Findings],
    door_of: Callable[[httpx.Client], Door],
) -> None:
    door = door_of(http)
    told = {name: found(partial(door.create, resource)) for name, resource in inputs.items()}
    assert differing(told, expected) == {}


@pytest.mark.parametrize("door_of", DOORS)
def test_a_transaction_tells_them_at_its_entry(
    http: httpx.Client,
    inputs: dict[str, Document],
    in_entries: dict[str, Findings],
    door_of: Callable[[httpx.Client], Door],
) -> None:
    door = door_of(http)
    told = {name: found(partial(door.transmit, bundled(inputs[name]))) for name in in_entries}
    assert differing(told, in_entries) == {}


def test_a_load_tells_them_in_its_rejects(
    store: str, tmp_path: Path, inputs: dict[str, Document], expected: dict[str, Findings]
) -> None:
    assert differing(rejected(store, tmp_path, inputs), expected) == {}


def test_a_load_of_transactions_tells_them_at_their_entries(
    store: str, tmp_path: Path, inputs: dict[str, Document], in_entries: dict[str, Findings]
) -> None:
    sent = {name: bundled(inputs[name]) for name in in_entries}
    assert differing(rejected(store, tmp_path, sent, "--unpack"), in_entries) == {}


@pytest.mark.parametrize("name", BROKEN_TEXTS)
def test_a_text_that_is_no_json_is_refused_as_such_over_http(http: httpx.Client, name: str) -> None:
    text, graphql, rest = BROKEN_TEXTS[name], GraphQL(http), Rest(http)
    bundle = json.dumps(transaction(entry("POST", "Patient", {"TEXT": 1}))).replace('{"TEXT": 1}', text)
    writes: list[Callable[[], object]] = [
        lambda: graphql.ask(MUTATION, {"text": text}),
        lambda: graphql.ask(TRANSMISSION, {"text": bundle}),
        lambda: rest.send("POST", "Patient", text),
        lambda: rest.send("POST", "", bundle),
    ]
    codes = []
    for write in writes:
        with pytest.raises(Refused) as refusal:
            write()
        codes.append(refusal.value.code)
    assert codes == ["structure"] * len(writes)


def test_a_text_that_is_no_json_is_refused_as_such_by_a_load(store: str, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number, text in enumerate(BROKEN_TEXTS.values()):
        (files / f"{number}.json").write_text(text, encoding="utf-8")
    command("load", str(files), "--rejects", str(tmp_path / "rejects.ndjson"), DMI_STORE=store)
    lines = [decode(line) for line in (tmp_path / "rejects.ndjson").read_bytes().splitlines()]
    assert [line["outcome"]["issue"][0]["code"] for line in lines] == ["structure"] * len(BROKEN_TEXTS)


MUTATION = "mutation($text: FHIR!) { told: PatientCreate(resource: $text) { location } }"
TRANSMISSION = "mutation($text: FHIR!) { told: TransmitTraces(bundle: $text) { bundle } }"


def rejected(store: str, folder: Path, sent: dict[str, Any], *options: str) -> dict[str, Findings]:
    """What `load` refuses, by the names of a table of resources."""
    file, rejects = folder / "bad.ndjson", folder / "rejects.ndjson"
    file.write_bytes(b"".join(encode(each) + b"\n" for each in sent.values()))
    done = command("load", str(file), "--rejects", str(rejects), *options, DMI_STORE=store)
    assert done.returncode == 1, done.stderr
    lines = [decode(line) for line in rejects.read_bytes().splitlines()]
    assert [line["source"] for line in lines] == [f"{file}:{number}" for number in range(1, len(sent) + 1)]
    return {name: findings(line["outcome"]) for name, line in zip(sent, lines, strict=True)}
