from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.builders import procedure
from tests.contract.deployment import probes
from tests.contract.operations import OPERATIONS, variables
from tests.end_to_end.processes import command, serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.processes import Server

CREATE = "mutation($r: FHIR!) { ProcedureCreate(resource: $r) { location resource { id } } }"


def test_a_created_procedure_is_still_there_after_kill_9(tmp_path: Path) -> None:
    store = f"embedded:{tmp_path}"
    with serving(DMI_STORE=store, DMI_EXAMPLE_DATA="off") as server:
        created = server.ask(CREATE, {"r": procedure()})["data"]["ProcedureCreate"]["resource"]["id"]
        server.kill()
    with serving(DMI_STORE=store) as server:
        read = server.ask("query($id: ID!) { Procedure(id: $id) { id status } }", {"id": created})
    assert read == {"data": {"Procedure": {"id": created, "status": "completed"}}}


def test_the_first_start_shows_example_data_and_the_second_does_not_double_it(tmp_path: Path) -> None:
    count = "{ ProcedureConnection { count } }"
    with serving(DMI_STORE=f"embedded:{tmp_path}") as server:
        first = server.ask(count)["data"]["ProcedureConnection"]["count"]
    with serving(DMI_STORE=f"embedded:{tmp_path}") as server:
        second = server.ask(count)["data"]["ProcedureConnection"]["count"]
    assert first == second == 201


def test_load_works_while_the_server_runs(tmp_path: Path) -> None:
    store = f"embedded:{tmp_path / 'store'}"
    file = tmp_path / "one.json"
    file.write_text('{"resourceType": "Organization", "id": "late", "name": "CHU"}', encoding="utf-8")
    with serving(DMI_STORE=store) as server:
        loaded = command("load", str(file), DMI_STORE=store)
        assert loaded.returncode == 0, loaded.stderr
        answer = server.ask('{ Organization(id: "late") { name } }')
    assert answer == {"data": {"Organization": {"name": "CHU"}}}


def test_the_server_says_live_and_ready() -> None:
    with serving(DMI_STORE="memory:", DMI_EXAMPLE_DATA="off") as server:
        assert httpx.get(f"{server.url}/health").status_code == 200
        assert httpx.get(f"{server.url}/ready").status_code == 200
        port = server.url.rpartition(":")[2]
        assert {asker: probed(code, port) for asker, code in probes().items()} == {"image": 0, "compose": 0}
    assert {asker: probed(code, port) for asker, code in probes().items()} == {"image": 1, "compose": 1}


def probed(code: str, port: str) -> int:
    """The exit code of what a container runs to learn how the server is."""
    run = [sys.executable, "-c", code]
    return subprocess.run(run, env={"DMI_PORT": port}, check=False, capture_output=True).returncode


def test_without_its_mongodb_the_server_lives_and_says_quickly_that_it_is_not_ready() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with serving(DMI_STORE=f"mongodb://user:secret@127.0.0.1:{port}/dmi") as server:
        assert httpx.get(f"{server.url}/health").status_code == 200
        ready = httpx.get(f"{server.url}/ready", timeout=15)
        answer = server.ask('{ Patient(id: "x") { id } }')
    assert ready.status_code == 503
    assert answer["errors"][0]["extensions"]["code"] == "transient"
    assert "secret" not in ready.text + str(answer) + "".join(server.log)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"DMI_HOST": "0.0.0.0"}, "DMI_ALLOW_OPEN=1"),  # noqa: S104 - it must be refused
        ({"DMI_PORT": "http"}, "DMI_PORT"),
        ({"DMI_STORE": "postgres://x"}, "DMI_STORE"),
        ({"DMI_STORE": "embedded:/proc/nowhere"}, "/proc/nowhere"),
        ({"DMI_PROFILES": "Procedure=x", "DMI_ACCESS_LOG": "/proc/none/x"}, "DMI_PROFILES DMI_ACCESS_LOG"),
        ({"DMI_PORT": "x", "DMI_STORE": "x:y", "DMI_PROFILES": "Procedure=x"}, "DMI_PORT DMI_STORE DMI_PROFILES"),
    ],
)
def test_a_start_that_cannot_work_is_one_sentence(settings: dict[str, str], told: str) -> None:
    result = command("serve", **settings)
    assert result.returncode == 1
    assert all(word in result.stderr for word in told.split())
    assert "Traceback" not in result.stderr


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = command("serve", DMI_STORE="memory:", DMI_EXAMPLE_DATA="off", DMI_PORT=str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert "DMI_PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_same_operations_give_the_same_answers_on_both_stores(tmp_path: Path, mongodb_server: str) -> None:
    answers = []
    for store in (f"embedded:{tmp_path}", mongodb_server):
        command("demo", "--procedures", "120", DMI_STORE=store)
        command("load", "app/demo/guide", DMI_STORE=store)
        with serving(DMI_STORE=store, DMI_EXAMPLE_DATA="off") as server:
            asked = [
                server.ask(path.read_text(encoding="utf-8"), variables(path))
                for path in OPERATIONS
                if "create" not in path.stem
            ]
            asked += [server.ask(query, {}) for query in MORE]
            table = csv_of(server)
            refused = server.ask(CREATE, {"r": procedure(bodySite=None)})
            stored = server.ask(CREATE, {"r": procedure()})
            assert stored["data"]["ProcedureCreate"]["resource"]["id"]
        answers.append((without_times([*asked, refused]), table))
    assert answers[0] == answers[1]


MORE = (
    '{ OrganizationList(_sort: "_id", _count: 5) { id implants(first: 3) { edges { node { date device { id } } } } } }',
    '{ DeviceList(_sort: "_id", _count: 40) { id implantedIn { date procedure { id } } } }',
    '{ ProcedureConnection(code: "https://smt.esante.gouv.fr/terminologie-ccam|", _sort: "_id") { count } }',
    '{ ProcedureList(patient__identifier: "urn:nobody|1") { id } }',
    '{ ProcedureList(_filter: "focal_device.manufacturer co a and not (status eq not-done)", _sort: "_id") { id } }',
)
"""What no published operation asks for."""


def csv_of(server: Server) -> str:
    """The recall of a kind of devices, as a table."""
    table = httpx.get(f"{server.url}/recall.csv", params={"emdn": "P"}, timeout=60)
    assert table.status_code == 200
    assert table.text.count("\n") > 10
    return table.text


def without_times(value: object) -> object:
    """The answers without the moment at which each store wrote, and without the ids of requests."""
    if isinstance(value, dict):
        return {
            key: without_times(item) for key, item in value.items() if key not in ("lastUpdated", "at", "requestId")
        }
    return [without_times(item) for item in value] if isinstance(value, list) else value
