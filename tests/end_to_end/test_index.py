from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from tests.end_to_end.processes import command

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"embedded:{tmp_path / 'data'}"


def states(result: CompletedProcess[str]) -> list[dict[str, str]]:
    """What `--format json` told."""
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_new_store_has_every_index(store: str) -> None:
    lines = states(command("index", "--format", "json", DMI_STORE=store))
    assert lines
    assert all(each.keys() == {"place", "name", "state"} for each in lines)
    assert {each["state"] for each in lines} == {"present"}


def test_names_stay_the_same(store: str) -> None:
    first = command("index", "--format", "json", DMI_STORE=store)
    again = command("index", "--format", "json", DMI_STORE=store)
    assert first.stdout == again.stdout != ""


def test_the_table_has_a_line_for_each_index_and_cuts_no_name(store: str) -> None:
    told = states(command("index", "--format", "json", DMI_STORE=store))
    result = command("index", DMI_STORE=store)
    head, *rows = result.stdout.splitlines()
    assert head.split() == ["place", "index", "state"]
    assert len(rows) == len(told)
    assert all(each["name"] in row for each, row in zip(told, rows, strict=True))
    assert f"present {len(rows)}, missing 0, stale 0, dropped 0." in result.stderr
    assert "\x1b" not in result.stdout


def test_dropping_where_nothing_is_stale_is_no_error(store: str) -> None:
    result = command("index", "--drop-stale", DMI_STORE=store)
    assert result.returncode == 0
    assert "dropped 0." in result.stderr


def test_the_table_is_french_in_a_french_locale(store: str) -> None:
    result = command("index", DMI_STORE=store, LC_ALL="fr_FR.UTF-8", PYTHONUTF8="1")
    assert "emplacement" in result.stdout
    assert "présent" in result.stdout
    assert "présent" in result.stderr


def test_a_mongodb_that_is_not_there_is_one_sentence() -> None:
    result = command("index", DMI_STORE="mongodb://127.0.0.1:1/dmi?serverSelectionTimeoutMS=200")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_a_stale_index_of_mongodb_is_shown_and_dropped_when_asked(mongodb_server: str) -> None:
    assert command("demo", "--procedures", "1", DMI_STORE=mongodb_server).returncode == 0
    with MongoClient[dict[str, Any]](mongodb_server) as client:
        client.get_default_database()["Procedure"].create_index("ix.colour", name="dmi: of another release")
    told = command("index", "--format", "json", DMI_STORE=mongodb_server)
    dropped = command("index", "--format", "json", "--drop-stale", DMI_STORE=mongodb_server)
    again = command("index", "--format", "json", DMI_STORE=mongodb_server)
    stale = {"place": "Procedure", "name": "dmi: of another release"}
    assert {**stale, "state": "stale"} in states(told)
    assert {**stale, "state": "dropped"} in states(dropped)
    assert {each["state"] for each in states(again)} == {"present"}
    assert {"Procedure", "Device", "Patient"} <= {each["place"] for each in states(again)}


def test_what_shards_a_mongodb_is_printed_for_mongosh_and_not_done_without_shards(mongodb_server: str) -> None:
    assert command("demo", "--procedures", "1", DMI_STORE=mongodb_server).returncode == 0
    told = command("index", "--shard", DMI_STORE=mongodb_server)
    assert told.returncode == 0, told.stderr
    assert "clusterManager" in told.stderr
    assert all(line.startswith('db.getSiblingDB("') for line in told.stdout.splitlines())
    assert '"key":{"_id.id":"hashed"}' in told.stdout
    assert '"dropIndexes":"Procedure","index":"dmi: keys 1"' in told.stdout
    refused = command("index", "--shard", "--yes", DMI_STORE=mongodb_server)
    assert (refused.returncode, refused.stdout, "mongos" in refused.stderr) == (1, "", True)
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(("options", "said"), [(("--shard",), "copy --to"), (("--yes",), "--shard")])
def test_an_embedded_store_has_no_shards(store: str, options: tuple[str, ...], said: str) -> None:
    refused = command("index", *options, DMI_STORE=store)
    assert refused.returncode != 0
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
