"""The published operations and fragments, as the tests read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OPERATIONS = sorted((ROOT / "graphql" / "operations").glob("*.graphql"))
LIVE = [each for each in OPERATIONS if "\nsubscription " in each.read_text(encoding="utf-8")]
ASKED = [each for each in OPERATIONS if each not in LIVE]
"""What is told as it happens, over a web socket (tests/end_to_end/test_live.py), and what is asked for."""
FRAGMENTS = sorted((ROOT / "graphql" / "fragments").glob("*.graphql"))


def operation(name: str) -> str:
    """The text of graphql/operations/NAME.graphql."""
    return (ROOT / "graphql" / "operations" / f"{name}.graphql").read_text(encoding="utf-8")


def variables(path: Path) -> dict[str, Any]:
    """The example variables beside an operation; none where there is no file."""
    file = path.with_suffix(".variables.json")
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
