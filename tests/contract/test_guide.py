"""The guide to the contract, graphql/README.md, is true; the programs in it were run by hand, since they need npm's and
Python's registries."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLScalarType, build_schema, parse, specified_scalar_types, validate

from app import errors
from tests.contract.operations import FRAGMENTS, OPERATIONS, ROOT
from tests.end_to_end.processes import serving

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = (ROOT / "graphql" / "README.md").read_text(encoding="utf-8")
SCHEMA = (ROOT / "graphql" / "schema.graphql").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.DOTALL)
RECIPES = re.findall(r"^\| \[`[\w-]+`\]\((operations/[\w.-]+)\)", GUIDE, re.MULTILINE)


def test_every_link_leads_somewhere() -> None:
    links = {link for link in re.findall(r"\]\(([^)#]+)", GUIDE) if not link.startswith("http")}
    assert links
    assert [link for link in links if not (ROOT / "graphql" / link).is_file()] == []


def test_there_are_five_recipes() -> None:
    assert len(RECIPES) == len(set(RECIPES)) == 5


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_an_operation_says_first_what_it_is_for(path: Path) -> None:
    purpose = path.read_text(encoding="utf-8").splitlines()[0]
    assert re.fullmatch(r"# \S.{20,}", purpose)


def test_the_types_of_a_client_know_every_scalar() -> None:
    config = next(text for kind, text in BLOCKS if kind == "ts" and "scalars:" in text)
    texts = re.findall(r"texts = '([^']*)'", config)[0].split()
    numbers = re.findall(r"'(\w+)'", re.findall(r"numbers = \[(.*?)\]", config)[0])
    own = {
        name
        for name, type_ in build_schema(SCHEMA).type_map.items()
        if isinstance(type_, GraphQLScalarType) and name not in specified_scalar_types
    }
    assert {*texts, *numbers, *re.findall(r"(\w+): 'unknown'", config)} == own


def test_operations_cut_as_for_python_are_one_valid_document() -> None:
    script = next(text for kind, text in BLOCKS if kind == "sh" and "ariadne-codegen" in text)
    names = re.findall(r"\d\d-[\w-]+", script)
    assert len(names) > 3
    cut = [f"{text.split(chr(10) + '}', 1)[0]}\n}}" for text in map(_operation, names)]
    document = "\n".join([*cut, *(path.read_text(encoding="utf-8") for path in FRAGMENTS)])
    assert validate(build_schema(SCHEMA), parse(document)) == []


def test_an_operation_is_asked_for_by_its_identifier(tmp_path: Path) -> None:
    if shutil.which("curl") is None or shutil.which("sha256sum") is None:
        pytest.skip("the guide's command needs curl and sha256sum")
    command = next(text for kind, text in BLOCKS if kind == "sh" and "curl" in text)
    with serving(DMI_STORE=f"embedded:{tmp_path}") as server:
        here = command.replace("http://127.0.0.1:8000", server.url)
        done = subprocess.run(["bash", "-c", here], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)  # noqa: S607
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["data"]["ImplantRecall"]["edges"][0]["node"]["device"]["lotNumber"] == "RPG23029001"


def test_every_code_of_an_error_is_explained() -> None:
    table = GUIDE.partition("## Errors")[2].partition("\n\nHTTP")[0]
    known = {
        each.code for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.DmiError)
    }
    assert known - set(re.findall(r"`([\w-]+)`", table)) == set()


def test_what_is_deprecated_is_what_the_guide_says() -> None:
    assert ("Nothing is deprecated now" in GUIDE) == ("@deprecated" not in SCHEMA)


def _operation(name: str) -> str:
    return (ROOT / "graphql" / "operations" / f"{name}.graphql").read_text(encoding="utf-8")
