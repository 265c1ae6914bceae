"""How figures are taken and told: in turns, as medians with the least and the most, in tables for bench/README.md."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, TypeAlias

from uvloop import new_event_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

    Work: TypeAlias = Callable[[], Awaitable[float]]
    """Does something once, and answers what it measured."""

PACKAGES: Final = ("strawberry-graphql", "graphql-core", "starlette", "uvicorn", "msgspec", "apsw", "motor")


@dataclass(frozen=True, slots=True)
class Spread:
    """What repeated measurements gave."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, measured: Sequence[float]) -> Spread:
        """The spread of at least one measurement."""
        return cls(median(measured), min(measured), max(measured))

    def __format__(self, spec: str) -> str:
        return f"{self.median:{spec}} ({self.least:{spec}}–{self.most:{spec}})"


async def in_turns(works: Mapping[str, Work], rounds: int) -> dict[str, list[float]]:
    """What each work measured in each round. A round before the first warms up; every other round goes backwards, so
    that none always follows the same one."""
    measured: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name in list(works)[:: -1 if number % 2 else 1]:
            found = await works[name]()
            if number:
                measured[name].append(found)
    return measured


def ratio(dividend: Sequence[float], divisor: Sequence[float]) -> Spread:
    """How many times as much, round by round."""
    return Spread.of([one / other for one, other in zip(dividend, divisor, strict=True)])


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that this share (0 to 1) of sorted values does not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    table = "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
    print(f"\n{title}\n\n{table}", flush=True)


def run(main: Callable[[bool], Coroutine[None, None, None]], what: str | None) -> None:
    """Read the command line, print what is measured and the machine, and measure; `main` is told whether only a smoke
    test is wanted, with `--quick`."""
    description, _, _ = (what or "").partition("\n")
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a smoke test: its figures mean nothing")
    quick: bool = parser.parse_args().quick
    print(f"\n## {description}\n\n{machine()}{' – a smoke test, no figures' if quick else ''}", flush=True)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main(quick))


def machine() -> str:
    """The day, the processor and the versions that figures were measured with."""
    listed = Path("/proc/cpuinfo")
    text = listed.read_text(encoding="utf-8") if listed.exists() else ""
    models = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    model = models[0] if models else platform.processor() or platform.machine()
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    today = datetime.now(UTC).date().isoformat()
    return f"{today}, {os.cpu_count()} cores of {model}, Python {platform.python_version()}, {packages}"
