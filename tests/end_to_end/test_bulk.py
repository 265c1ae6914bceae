"""What operators do with whole stores, as processes: load, export, copy, check, backup, purge."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from app.fhir.json import encode
from app.fhir.served import SERVED
from app.intake.load import BATCH
from app.settings import read_settings
from app.stores import store_of
from app.upkeep.history_line import history_line
from app.upkeep.retention import HOLD
from tests.builders import patient, procedure
from tests.end_to_end.processes import ROOT, command, environment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.store.repository import Version


def written(path: Path, resources: Iterable[Any]) -> Path:
    lines = b"".join(encode(each) + b"\n" for each in resources)
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    return path


def histories(store: str) -> dict[str, list[Version]]:
    """All that a store has, by place."""

    async def read() -> dict[str, list[Version]]:
        opened = store_of(read_settings({"DMI_STORE": store}))
        await opened.open()
        try:
            return {
                f"{each[0].type}/{each[0].id}": list(each)
                for name in SERVED
                for each in await opened.histories(name, "", 100_000)
            }
        finally:
            await opened.close()

    return asyncio.run(read())


def lines_of(store: str) -> dict[str, bytes]:
    """Each history in its own words."""
    return {place: history_line(each) for place, each in histories(store).items()}


def contents(store: str) -> dict[str, Any]:
    """The current resources, by place, without what the server adds."""
    found = {}
    for place, each in histories(store).items():
        if resource := each[-1].resource:
            meta = {name: value for name, value in resource["meta"].items() if name not in ("versionId", "lastUpdated")}
            found[place] = {**resource, "meta": meta}
    return found


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"embedded:{tmp_path / 'data'}"


@pytest.fixture
def other(tmp_path: Path) -> str:
    return f"embedded:{tmp_path / 'other'}"


@pytest.fixture
def rejects(tmp_path: Path) -> Path:
    return tmp_path / "rejects.ndjson"


def test_a_load_that_is_killed_is_resumed_without_doubles(tmp_path: Path, rejects: Path) -> None:
    resources = [patient(id=f"p{number}") for number in range(BATCH + BATCH // 10)]
    broken = [patient(id=f"broken-{number}", gender="x") for number in range(0, len(resources), 400)]
    mixed = [
        each for number, good in enumerate(resources) for each in (*broken[number // 400 :][: number % 400 == 0], good)
    ]
    file = written(tmp_path / "all.ndjson.gz", mixed)
    killed, whole = (f"embedded:{tmp_path / name}" for name in ("killed", "whole"))
    arguments = ("load", str(file), "--rejects", str(rejects))
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment({"DMI_STORE": killed}),
        stderr=subprocess.DEVNULL,
    )
    wait_for_notes(tmp_path / "killed" / "dmi.sqlite3")
    process.kill()
    process.wait()
    assert 0 < len(histories(killed)) < len(resources)
    resumed = command(*arguments, "--resume", "--format", "json", DMI_STORE=killed)
    assert resumed.returncode == 1, resumed.stderr
    assert "Going on after" in resumed.stderr
    told = json.loads(resumed.stdout)
    assert told["stored"] + told["same"] == len(resources)
    assert told["refused"] == len(broken)
    command("load", str(file), "--rejects", str(tmp_path / "other rejects"), DMI_STORE=whole)
    assert contents(killed) == contents(whole)
    assert all(len(each) == 1 for each in histories(killed).values())
    ids = [json.loads(line)["resource"]["id"] for line in rejects.read_text(encoding="utf-8").splitlines()]
    assert ids == [each["id"] for each in broken]


def wait_for_notes(file: Path) -> None:
    """Until a load has noted how far it is."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.02)
        try:
            with closing(apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
                if connection.execute("SELECT count(*) FROM ledger WHERE answer <> ''").get:
                    return
        except apsw.Error:
            continue
    raise AssertionError("the load has noted nothing")


def test_a_load_without_resume_says_that_one_was_interrupted_and_doubles_nothing(
    store: str, tmp_path: Path, rejects: Path
) -> None:
    file = written(tmp_path / "a.ndjson", [patient()])
    for stored in ("1 stored", "1 already there"):
        result = command("load", str(file), "--rejects", str(rejects), DMI_STORE=store)
        assert (result.returncode, stored in result.stderr) == (0, True)
    assert not rejects.exists()


def test_bundles_are_documents_unless_unpacked(store: str, other: str) -> None:
    bundle = "app/demo/guide/Bundle-dmi-bundle-transmission-traces-example.json"
    assert command("load", bundle, DMI_STORE=store).returncode == 0
    assert [place.partition("/")[0] for place in histories(store)] == ["Bundle"]
    for expected in ("1 stored", "1 already there"):
        unpacked = command("load", bundle, "--unpack", DMI_STORE=other)
        assert expected in unpacked.stderr
    entries = json.loads((ROOT / bundle).read_text(encoding="utf-8"))["entry"]
    assert sorted(place.partition("/")[0] for place in histories(other)) == sorted(
        each["resource"]["resourceType"] for each in entries
    )


def test_standard_input_is_loaded(store: str, rejects: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "app", "load", "-", "--rejects", str(rejects)],
        cwd=ROOT,
        env=environment({"DMI_STORE": store}),
        input=encode(patient()) + b"\n" + encode(patient(gender="x")) + b"\n{",
        capture_output=True,
        check=False,
    )
    assert result.returncode == 1
    assert list(histories(store)) == ["Patient/p1"]
    assert [json.loads(line)["source"] for line in rejects.read_bytes().splitlines()] == ["-:2", "-:3"]


def test_an_export_loads_into_an_equal_store(store: str, other: str, tmp_path: Path) -> None:
    command("demo", "--procedures", "60", DMI_STORE=store)
    command("load", "app/demo/guide", DMI_STORE=store)
    assert command("export", str(tmp_path / "out"), DMI_STORE=store).returncode == 0
    loaded = command("load", str(tmp_path / "out"), DMI_STORE=other)
    assert loaded.returncode == 0, loaded.stderr
    assert contents(other) == contents(store) != {}
    assert list(map(encode, contents(other).values())) == list(map(encode, contents(store).values()))


def test_an_export_with_history_loads_into_a_store_with_the_same_hashes(store: str, other: str, tmp_path: Path) -> None:
    command("demo", "--procedures", "60", DMI_STORE=store)
    written(tmp_path / "again.ndjson", [patient(), patient(gender="female"), procedure(id="x")])
    command("load", str(tmp_path / "again.ndjson"), DMI_STORE=store)
    exported = command("export", str(tmp_path / "out"), "--history", "--gzip", DMI_STORE=store)
    assert exported.returncode == 0, exported.stderr
    loaded = command("load", str(tmp_path / "out"), DMI_STORE=other)
    assert loaded.returncode == 0, loaded.stderr
    assert lines_of(other) == lines_of(store)
    assert len(histories(other)["Patient/p1"]) == 2
    assert histories(other)["Procedure/x"][-1].keys


def test_an_export_that_is_killed_goes_on_at_the_same_moment(store: str, tmp_path: Path) -> None:
    command("demo", "--procedures", "300", DMI_STORE=store)
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "export", str(tmp_path / "out")],
        cwd=ROOT,
        env=environment({"DMI_STORE": store}),
        stderr=subprocess.DEVNULL,
    )
    state = tmp_path / "out" / "export.state"
    while not (state.exists() and json.loads(state.read_bytes())["types"]):
        time.sleep(0.002)
    process.kill()
    process.wait()
    moment = json.loads(state.read_bytes())["moment"]
    with (tmp_path / "out" / "Procedure.ndjson").open("ab") as file:
        file.write(b'{"half')
    written(tmp_path / "late.ndjson", [patient(id="late")])
    command("load", str(tmp_path / "late.ndjson"), DMI_STORE=store)
    resumed = command("export", str(tmp_path / "out"), DMI_STORE=store)
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(state.read_bytes())["moment"] == moment
    exported = [
        json.loads(line) for file in (tmp_path / "out").glob("*.ndjson") for line in file.read_bytes().splitlines()
    ]
    places = [f"{each['resourceType']}/{each['id']}" for each in exported]
    assert sorted(places) == sorted(place for place in histories(store) if place != "Patient/late")


def test_an_export_overwrites_nothing_and_the_next_one_has_what_changed(store: str, tmp_path: Path) -> None:
    command("demo", "--procedures", "5", DMI_STORE=store)
    command("export", str(tmp_path / "out"), DMI_STORE=store)
    again = command("export", str(tmp_path / "out"), DMI_STORE=store)
    assert (again.returncode, "Traceback" in again.stderr) == (1, False)
    moment = json.loads((tmp_path / "out" / "export.state").read_bytes())["moment"]
    command("load", str(written(tmp_path / "a.ndjson", [patient()])), DMI_STORE=store)
    command("export", str(tmp_path / "next"), "--since", moment, DMI_STORE=store)
    assert [file.name for file in (tmp_path / "next").glob("*.ndjson")] == ["Patient.ndjson"]


def test_a_copy_to_mongodb_and_back_is_equal_with_its_history(store: str, other: str, mongodb_server: str) -> None:
    command("demo", "--procedures", "20", DMI_STORE=store)
    command("load", "app/demo/guide", DMI_STORE=store)
    there = command("copy", "--to", mongodb_server, DMI_STORE=store)
    assert there.returncode == 0, there.stderr
    back = command("copy", "--to", other, DMI_STORE=mongodb_server)
    assert back.returncode == 0, back.stderr
    assert lines_of(other) == lines_of(store) != {}
    assert there.stderr.split()[-1] == back.stderr.split()[-1]


def test_a_copy_overwrites_no_other_store(store: str, other: str) -> None:
    command("demo", "--procedures", "2", DMI_STORE=store)
    command("demo", "--procedures", "2", "--seed", "2", DMI_STORE=other)
    before = lines_of(other)
    refused = command("copy", "--to", other, DMI_STORE=store)
    itself = command("copy", "--to", store, DMI_STORE=store)
    assert (refused.returncode, itself.returncode, lines_of(other) == before) == (1, 1, True)


def test_check_finds_what_was_done_to_a_file_and_repairs_search_values(store: str, tmp_path: Path) -> None:
    command("demo", "--procedures", "20", DMI_STORE=store)
    assert command("check", DMI_STORE=store).returncode == 0
    with closing(apsw.Connection(str(tmp_path / "data" / "dmi.sqlite3"))) as connection:
        connection.execute("DELETE FROM sort WHERE key IN (SELECT key FROM resource WHERE type = 'Device' LIMIT 1)")
    found = command("check", "--format", "json", DMI_STORE=store)
    assert (found.returncode, [json.loads(line)["problem"] for line in found.stdout.splitlines()]) == (
        1,
        ["search-values"],
    )
    assert command("check", "--repair", DMI_STORE=store).returncode == 0
    assert command("check", DMI_STORE=store).returncode == 0


def test_check_tells_references_that_lead_nowhere(store: str, tmp_path: Path) -> None:
    command("load", str(written(tmp_path / "a.ndjson", [procedure(id="x")])), DMI_STORE=store)
    result = command("check", DMI_STORE=store)
    assert result.returncode == 1
    assert "Procedure/x Procedure.subject: refers to a resource that is not here" in result.stdout
    assert command("check", DMI_STORE=store, DMI_REFERENCES="ignore").returncode == 0


def test_a_backup_is_the_store(store: str, tmp_path: Path) -> None:
    command("demo", "--procedures", "20", DMI_STORE=store)
    (tmp_path / "copied").mkdir()
    result = command("backup", str(tmp_path / "copied" / "dmi.sqlite3"), DMI_STORE=store)
    assert result.returncode == 0, result.stderr
    assert lines_of(f"embedded:{tmp_path / 'copied'}") == lines_of(store)


def test_a_backup_of_a_mongodb_is_refused_in_one_sentence(tmp_path: Path) -> None:
    result = command("backup", str(tmp_path / "b"), DMI_STORE="mongodb://127.0.0.1:1/dmi")
    assert (result.returncode, "mongodump" in result.stderr, "Traceback" in result.stderr) == (1, True, False)


def test_purge_tells_first_and_then_erases_what_is_too_old_and_not_held(store: str, tmp_path: Path) -> None:
    held = {"tag": [{"system": HOLD[0], "code": HOLD[1]}]}
    ages = [procedure(id="old", performedDateTime="2001-01-01"), procedure(id="new", identifier=numbered("2"))]
    kept = procedure(id="held", performedDateTime="2001-01-01", meta=held, identifier=numbered("3"))
    command("load", str(written(tmp_path / "a.ndjson", [*ages, kept])), DMI_STORE=store)
    arguments = ("purge", "--older-than", "10y", "--reason", "fin de conservation", "--by", "dpo")
    stopped = command(*arguments, "--yes", DMI_STORE=store)
    assert (stopped.returncode, "--except-held" in stopped.stderr) == (1, True)
    told = command(*arguments, "--except-held", "--format", "json", DMI_STORE=store)
    assert (told.returncode, json.loads(told.stdout)["erase"]) == (0, ["Procedure/old"])
    assert "Procedure/old" in histories(store)
    assert command(*arguments, "--except-held", "--yes", DMI_STORE=store).returncode == 0
    left = histories(store)
    assert {place for place in left if place.startswith("Procedure/")} == {"Procedure/new", "Procedure/held"}
    [event] = [
        each[-1].resource for place, each in left.items() if place.startswith("AuditEvent/") and each[-1].resource
    ]
    assert event["entity"][0]["what"] == {"reference": "Procedure/old"}


def numbered(value: str) -> Any:
    [identifier] = procedure()["identifier"]
    return [{**identifier, "value": value}]


def test_an_erasure_by_id_stops_where_something_refers_to_it(store: str, tmp_path: Path) -> None:
    command("load", str(written(tmp_path / "a.ndjson", [patient(), procedure(id="x")])), DMI_STORE=store)
    arguments = ("purge", "--reason", "demande", "--yes", "--id", "Patient/p1")
    stopped = command(*arguments, DMI_STORE=store)
    assert (stopped.returncode, "Procedure/x refers to it" in stopped.stderr) == (1, True)
    assert command(*arguments, "--id", "Procedure/x", DMI_STORE=store).returncode == 0
    assert [place.partition("/")[0] for place in histories(store)] == ["AuditEvent", "AuditEvent"]
    assert b"Martin" not in b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--older-than", "5y"),
        ("--id", "Patient"),
        ("--id", "AuditEvent/x"),
        (),
        ("--id", "Patient/p1", "--older-than", "10y"),
    ],
)
def test_what_cannot_be_purged_is_one_sentence(store: str, arguments: tuple[str, ...]) -> None:
    result = command("purge", "--reason", "demande", *arguments, DMI_STORE=store)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
