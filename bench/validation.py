"""How fast validation is: python bench/validation.py

Example Procedure per second on one core (at least 3,000 wanted), beside what `fhir.resources` needs to parse it, which
checks far less; and how the time grows with the size of a resource (linear; 5,000 identifiers under 0.5 s)."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fhir.resources.R4B.procedure import Procedure  # noqa: E402 - after the path is set

from app.fhir.json import decode, encode  # noqa: E402 - after the path is set
from app.profiles import DEFAULTS, Validator, load_profiles  # noqa: E402 - after the path is set

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = ROOT / "app" / "demo" / "guide" / "Procedure-dmi-procedure-example.json"
TRACE = ROOT / "app" / "demo" / "guide" / "Bundle-dmi-bundle-transmission-traces-example.json"


def per_second(work: Callable[[], object], seconds: float = 1.0) -> float:
    """How often a piece of work is done in a second: the best of three runs of that many seconds in all."""
    work()
    best = 0.0
    for _ in range(3):
        done, start = 0, perf_counter()
        while (passed := perf_counter() - start) < seconds / 3:
            work()
            done += 1
        best = max(best, done / passed)
    return best


def seconds(work: Callable[[], object]) -> float:
    """The best time of three for a piece of work, in seconds."""
    times = []
    for _ in range(3):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def main() -> None:
    """Measures and prints."""
    start = perf_counter()
    validator = Validator(load_profiles(), DEFAULTS)
    print(f"profiles read and compiled    {perf_counter() - start:8.3f} s")

    text = EXAMPLE.read_bytes()
    example: dict[str, Any] = decode(text)
    if validator.validate(example):
        raise SystemExit("the example is not valid, so its time says nothing")
    ours = per_second(lambda: validator.validate(example))
    plain = decode(encode(example))
    theirs = per_second(lambda: Procedure.model_validate(plain))
    print(f"example Procedure validated   {ours:8.0f} /s")
    print(f"  read from its text as well  {per_second(lambda: validator.validate(decode(text))):8.0f} /s")
    print(f"fhir.resources parses it      {theirs:8.0f} /s, {theirs / ours:.2f} times as often")

    trace = decode(TRACE.read_bytes())
    print(f"example trace (4 resources)   {per_second(lambda: validator.validate(trace)):8.0f} /s")

    for count in (50, 500, 5_000):
        more = [{"system": "urn:oid:1.2.3", "value": str(number)} for number in range(count)]
        right = {**example, "identifier": [*example["identifier"], *more]}
        wrong = {**example, "identifier": [{"period": "x", "y": None}] * count}
        times = (seconds(partial(validator.validate, one)) for one in (right, wrong))
        print(f"{count:5} identifiers             {next(times):8.3f} s valid, {next(times):8.3f} s all wrong")

    for count in (10, 100, 1_000):
        entries = [trace["entry"][at % 3] | {"fullUrl": f"urn:oid:1.2.{at}"} for at in range(count)]
        large = {**trace, "entry": [*entries, trace["entry"][3]]}
        print(f"{count:5} entries in a trace      {seconds(partial(validator.validate, large)):8.3f} s")

    nested: dict[str, Any] = {"url": "http://example.org/e", "valueString": "x"}
    for _ in range(100_000):
        nested = {"url": "http://example.org/e", "extension": [nested]}
    deep = {**example, "extension": [nested]}
    print(f"100,000 levels deep           {seconds(partial(validator.validate, deep)):8.3f} s")


if __name__ == "__main__":
    main()
