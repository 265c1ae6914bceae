"""Many changed resources through the validator: python bench/validation_fuzz.py [count] [seed]

First every value of every example is replaced by objects, arrays and null, one at a time; then every served type and
example gets one to six random changes. An exception, a different answer the second time, or a message that
repeats a value ends the run; else the rules that were met are counted."""

from __future__ import annotations

import copy
import random
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.fhir.json import decode  # noqa: E402 - after the path is set
from app.profiles import DEFAULTS, Validator, load_profiles  # noqa: E402 - after the path is set
from tests.unit.profiles.served import LEAST, LOOKED_UP  # noqa: E402 - after the path is set

MARK = "M4rk1ng"
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 2**40, Decimal("1.50"), Decimal("1E+9999"), "", " ", MARK, "#", f"#{MARK}"),
    *("2024-02-30", "0000", f"Patient/{MARK}", f"Nothing/{MARK}", f"urn:uuid:{MARK}", f"http://{MARK}|1|2"),
    *(
        [],
        {},
        [None],
        [[]],
        [{}],
        {"a": 1},
        [{"a": 1}],
        {"id": MARK},
        {"extension": []},
        {"extension": [{"url": MARK}]},
    ),
    *({"resourceType": MARK}, {"resourceType": "Procedure"}, {"resourceType": "Bundle", "type": "transaction"}),
    *({"coding": [{"system": MARK, "code": MARK}]}, {"reference": f"#{MARK}"}, {"start": "2", "end": 1}),
    *(f"<div xmlns='http://www.w3.org/1999/xhtml'>{MARK}</div>", "<x>", "\ud800", "x" * 2_000_000),
]
NO_VALUES: list[Any] = [{"a": 1}, [{"a": 1}], [], {}, [[]], None]
NAMES = ["extension", "modifierExtension", "contained", "meta", "text", "id", "resourceType", "status", "identifier"]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a JSON value with each of its keys or indexes."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        here = waiting.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        found += [(here, key) for key in keys]
        waiting += [here[key] for key in keys]
    return found


def leaves_replaced(validator: Validator, material: list[Any]) -> int:
    """Validates every document with each of its values replaced in turn by an object and by arrays; how many."""
    count = 0
    for document in map(copy.deepcopy, material):
        for parent, key in places(document):
            value = parent[key]
            for other in NO_VALUES if not isinstance(value, dict | list) else ():
                parent[key] = other
                validator.validate(document)
                count += 1
            parent[key] = value
    return count


def change(chance: random.Random, document: Any) -> None:
    """Replaces, removes, adds, wraps, repeats or renames one thing at random."""
    parent, key = chance.choice(places(document) or [({"x": 0}, "x")])
    match chance.randrange(6):
        case 0:
            parent[key] = copy.deepcopy(chance.choice(VALUES))
        case 1:
            del parent[key]
        case 2:
            parent[key] = [parent[key]]
        case 3 if isinstance(parent, list):
            parent.append(copy.deepcopy(parent[key]))
        case 4 if isinstance(parent, dict):
            parent[chance.choice(NAMES)] = copy.deepcopy(chance.choice(VALUES))
        case _ if isinstance(parent, dict):
            parent[chance.choice([f"_{key}", f"{MARK} {key}"])] = parent.pop(key)


def main(count: int, seed: int) -> None:
    """Runs, and prints what was met."""
    chance = random.Random(seed)  # noqa: S311 - no secret depends on it
    validator = Validator(load_profiles(), DEFAULTS)
    examples = [decode(file.read_bytes()) for file in sorted((ROOT / "app" / "demo" / "guide").glob("*.json"))]
    material = [*LEAST.values(), *LOOKED_UP.values(), *examples]
    print(f"{leaves_replaced(validator, material)} inputs with an object, array or null in place of one value")
    rules: Counter[str] = Counter()
    valid, start = 0, perf_counter()
    for number in range(count):
        document = copy.deepcopy(chance.choice(material))
        for _ in range(chance.randint(1, 6)):
            change(chance, document)
        issues = validator.validate(document)
        if number % 10 == 0 and issues != validator.validate(document):
            raise SystemExit(f"input {number} of seed {seed} has two answers")
        if any(MARK in issue.en + issue.fr + issue.expression + issue.rule for issue in issues):
            raise SystemExit(f"input {number} of seed {seed} is repeated in a message")
        valid += not any(issue.severity == "error" for issue in issues)
        rules.update(issue.rule for issue in issues)
    print(f"{count} inputs in {perf_counter() - start:.0f} s: {valid} valid, {len(rules)} different rules met")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
