"""The README is true to the letter."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from app.__main__ import cli
from app.fhir.served import SERVED
from app.settings import SETTINGS
from tests.contract.operations import ROOT
from tests.end_to_end.processes import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Start

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def test_the_first_query_gives_the_answer_that_is_shown(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("the README's command needs curl")
    command = next(text for kind, text in BLOCKS if kind == "sh" and text.startswith("curl"))
    answer = next(text for kind, text in BLOCKS if kind == "json")
    with serving(DMI_STORE=f"embedded:{tmp_path}") as server:
        here = command.replace("http://127.0.0.1:8000", server.url)
        result = subprocess.run(["bash", "-c", here], capture_output=True, text=True, timeout=60, check=True)  # noqa: S607
    assert json.loads(result.stdout) == json.loads(answer)


QUERIES = [text for kind, text in BLOCKS if kind == "graphql" and not text.startswith("subscription")]
"""A subscription is told something when something happens: tests/end_to_end/test_live.py."""


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_that_is_shown_has_an_answer_in_the_example_data(start: Start, query: str) -> None:
    product = await start(environment={"DMI_EXAMPLE_DATA": "auto"})
    assert "[]" not in json.dumps(await product.data(query))


def test_the_settings_table_is_the_one_in_the_code() -> None:
    rows = [f"| `{each.name}` | {f'`{each.default}`' if each.default else '–'} | {each.help} |" for each in SETTINGS]
    assert "\n".join(rows) in README


def test_every_command_is_described() -> None:
    commands = get_command(cli).commands  # type: ignore[attr-defined]
    described = set(re.findall(r"^\| `dmi-graph (\w+)", README, re.MULTILINE))
    assert described == set(commands)


def test_the_served_types_are_listed() -> None:
    assert f"({', '.join(SERVED)})" in README.replace("\n", " ")


@pytest.mark.parametrize("target", ["serve", "test"])
def test_the_quick_start_names_targets_that_exist(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"make {target}\n" in README
    assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_what_one_machine_carries_is_what_was_measured() -> None:
    table = README.partition("### One machine or several")[2].partition("\n\nSize")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    figures = [figure for _, measured in rows for figure in re.findall(r"[0-9][0-9.,]*(?: GB| ms)?", measured)]
    assert len(figures) >= len(rows) > 4
    measured = (ROOT / "bench" / "README.md").read_text(encoding="utf-8")
    assert [figure for figure in figures if figure not in measured] == []
