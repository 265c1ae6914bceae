"""How fast `dmi-graph load` is, and in how much memory: bench/loading.py

The command as users run it, in a process of its own on one core: an NDJSON file of the synthetic hospital into an empty
embedded store, every resource checked. Then what each step takes, by itself. TMPDIR names a folder on the disk to
measure."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final, NamedTuple

from app.commands.load import RARELY
from app.commands.store import opened
from app.demo.hospital import hospital
from app.fhir.json import decode_strict, encode
from app.intake.keep import BATCH, as_write
from app.profiles import DEFAULTS, Validator, load_profiles
from app.search.values import search_values
from app.settings import read_settings
from bench.dataset import SEED
from bench.measure import Spread, in_turns, run, show
from bench.serving import ROOT, on_core_of_servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.measure import Work

SIZES: Final = (10_000, 100_000)
QUICK: Final = (100,)
ROUNDS: Final = 7


class Loading(NamedTuple):
    """What one run of the command took: seconds by the clock and of the processor, and MB of memory at most."""

    clock: float
    processor: float
    memory: float


def written(path: Path, procedures: int) -> int:
    """Write the hospital to a file; how many resources that are."""
    number = 0
    with path.open("wb") as file:
        for resource in hospital(procedures, SEED):
            file.write(encode(resource) + b"\n")
            number += 1
    return number


def loading(source: Path, directory: Path) -> Loading:
    """Load a file into a new store. Raises SystemExit where something is refused."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DMI_", "MONGODB_URI"))}
    command = [sys.executable, "-m", "app", "load", str(source), "--rejects", str(directory / "rejects.ndjson")]
    start = perf_counter()
    with on_core_of_servers():
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            command,
            cwd=ROOT,
            env={**own, "DMI_STORE": f"embedded:{directory / 'store'}"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"load ended with {os.waitstatus_to_exitcode(status)}")
    to_mb = 1 << 20 if sys.platform == "darwin" else 1 << 10  # macOS tells bytes, Linux KB
    return Loading(perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / to_mb)


def loads(sizes: tuple[int, ...]) -> None:
    """The command, by size."""
    lines = []
    for procedures in sizes:
        with TemporaryDirectory() as name:
            source = Path(name, "hospital.ndjson")
            number = written(source, procedures)
            took = loading(source, Path(name))
            lines.append(
                (
                    f"{procedures:,}",
                    f"{number:,}",
                    f"{number / took.processor:,.0f}",
                    f"{number / took.clock:,.0f}",
                    f"{took.processor:.0f} s / {took.clock:.0f} s",
                    f"{took.memory:.0f} MB",
                )
            )
    columns = ("procedures", "resources", "a second of processor time", "a second", "processor / clock", "memory")
    show("`dmi-graph load`, start of the process included", columns, lines)


async def steps(procedures: int, rounds: int) -> None:
    """What each step takes for a resource."""
    gc.set_threshold(RARELY)  # as the command does
    resources = list(hospital(procedures, SEED))
    texts = [encode(each) for each in resources]
    validate = Validator(load_profiles(), DEFAULTS).validate

    def timed(step: Callable[[], object]) -> Work:
        async def work() -> float:
            start = process_time()
            step()
            return (process_time() - start) / len(resources) * 1e6

        return work

    async def write() -> float:
        with TemporaryDirectory() as name:
            async with opened(read_settings({"DMI_STORE": f"embedded:{name}"}), new=True) as store:
                start = process_time()
                for first in range(0, len(resources), BATCH):
                    await store.write([as_write(each) for each in resources[first : first + BATCH]])
                return (process_time() - start) / len(resources) * 1e6

    works: dict[str, Work] = {
        "read its JSON": timed(lambda: [decode_strict(each) for each in texts]),
        "check it": timed(lambda: list(chain.from_iterable(map(validate, resources)))),
        "make its search values": timed(lambda: [search_values(each) for each in resources]),
        "write it, search values included": write,
    }
    measured = await in_turns(works, rounds)
    show(
        f"Each step, {procedures:,} procedures",
        ("step", "µs of processor time"),
        [(name, f"{Spread.of(each):.1f}") for name, each in measured.items()],
    )


async def main(quick: bool) -> None:
    """Measures and prints."""
    loads(QUICK if quick else SIZES)
    await steps(100 if quick else 3_000, 1 if quick else ROUNDS)


if __name__ == "__main__":
    run(main, __doc__)
