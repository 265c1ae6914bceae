"""Several processes on the file of one embedded store, and what is left when one is killed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from app.search.algebra import And, Eq
from app.store.sqlite import SqliteStore
from tests.store.toy import INDEX, named, write

PROJECT = Path(__file__).parents[2]

WRITES = """
import asyncio, sys
from pathlib import Path
from app.store.sqlite import SqliteStore
from tests.store.toy import INDEX, named, write

async def main(directory, name, number):
    store = SqliteStore(Path(directory), INDEX)
    await store.open()
    for place in range(number):
        batch = [write(f"{name}{place}-{each}", named(name)) for each in range(20)]
        await store.write([write("shared", named(f"{name}{place}")), *batch])
        print(place, flush=True)
    await store.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def process(directory: Path, name: str, number: int) -> subprocess.Popen[str]:
    """A process that writes so many batches of twenty, and prints the number of each that is acknowledged."""
    command = [sys.executable, "-c", WRITES, str(directory), name, str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT, text=True)


async def test_acknowledged_writes_survive_a_process_that_is_killed(tmp_path: Path) -> None:
    with process(tmp_path, "a", 1_000_000) as writer:
        assert writer.stdout
        for line in writer.stdout:
            if (acknowledged := int(line)) == 50:
                writer.send_signal(signal.SIGKILL)
                break
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    found = await store.count("Patient", Eq("family", "a"))
    assert found >= 20 * (acknowledged + 1)
    assert found % 20 == 0
    await store.close()


async def test_processes_that_make_and_write_one_store_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    writers = [process(tmp_path / "store", name, 20) for name in names]
    for writer in writers:
        output, _ = await asyncio.to_thread(writer.communicate)
        assert output.split() == [str(place) for place in range(20)]
        assert writer.returncode == 0
    store = SqliteStore(tmp_path / "store", INDEX)
    await store.open()
    assert await store.count("Patient", And()) == 3 * 20 * 20 + 1
    assert (await store.read("Patient", ["shared"]))["shared"]["meta"]["versionId"] == "60"
    await store.close()


async def test_a_store_is_served_while_another_process_loads_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    with process(tmp_path, "load", 100) as loader:
        assert loader.stdout
        loader.stdout.readline()
        for place in range(20):
            await store.write([write(f"served{place}", named("served"))])
            assert await store.count("Patient", Eq("family", "served")) == place + 1
        loader.stdout.read()
    assert await store.count("Patient", Eq("family", "load")) == 2000
    await store.close()
