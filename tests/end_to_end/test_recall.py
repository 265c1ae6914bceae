from __future__ import annotations

import csv
import json
from io import StringIO
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.builders import device, patient, procedure
from tests.end_to_end.processes import command, serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> str:
    """An embedded store in which the patient p1 carries LOT-1."""
    file = tmp_path / "resources.ndjson"
    resources = [device(), patient(), procedure(id="o1")]
    file.write_text("\n".join(map(json.dumps, resources)), encoding="utf-8")
    name = f"embedded:{tmp_path / 'store'}"
    assert command("load", str(file), DMI_STORE=name).returncode == 0
    return name


def test_the_command_writes_the_table(store: str) -> None:
    result = command("recall", "--lot", "other", "--lot", "lot-1", DMI_STORE=store)
    (row,) = csv.DictReader(StringIO(result.stdout.removeprefix("\ufeff")))
    assert (result.returncode, row["patient"], row["name"], row["lot"]) == (0, "p1", "Martin Zoé", "LOT-1")


def test_the_command_speaks_french_in_a_french_locale(store: str) -> None:
    result = command("recall", "--lot", "1", "--separator", ";", DMI_STORE=store, LC_ALL="fr_FR.UTF-8")
    assert result.stdout.startswith("\ufeffdate;geste;")


@pytest.mark.parametrize("options", [[], ["--expires-before", "2024"], ["--lot", "1", "--implanted-from", "x"]])
def test_the_command_refuses_what_cannot_be_meant_in_a_sentence(store: str, options: list[str]) -> None:
    result = command("recall", *options, DMI_STORE=store)
    assert (result.returncode, result.stdout) == (1, "")
    assert "Traceback" not in result.stderr


def test_the_server_streams_the_table(store: str) -> None:
    with serving(DMI_STORE=store) as server:
        response = httpx.get(f"{server.url}/recall.csv", params={"lot": "lot-1"}, timeout=30)
        recall = server.ask('{ ImplantRecall(lot: "lot-1") { totals { patients } edges { node { patient { id } } } } }')
    assert response.headers["transfer-encoding"] == "chunked"
    assert response.text.count("\r\n") == 2
    assert recall["data"]["ImplantRecall"] == {
        "totals": {"patients": 1},
        "edges": [{"node": {"patient": {"id": "p1"}}}],
    }
    assert not any("LOT-1" in line or "lot-1" in line for line in server.log)
