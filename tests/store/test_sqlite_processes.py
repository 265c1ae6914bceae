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


def process(directory: Path, name: str, number: int, program: str = WRITES) -> subprocess.Popen[str]:
    """A process that writes so many batches of twenty, and prints the number of each that is acknowledged."""
    command = [sys.executable, "-c", program, str(directory), name, str(number)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT, text=True)


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


RACES = """
import asyncio, sys
from pathlib import Path
from app.errors import DuplicateKey, VersionConflict
from app.store.sqlite import SqliteStore
from tests.store.toy import INDEX, deletion, named, write

async def main(directory, name, number):
    store = SqliteStore(Path(directory), INDEX)
    await store.open()
    sys.stdin.readline()
    for place in range(number):
        if (await store.reserve(f"name{place}", name, 600)).held:
            await store.settle(f"name{place}", name, name)
            print("held", place)
        try:
            await store.write([write(f"{name}{place}", named(name), expected=0, keys=(f"key{place}",))])
            print("key", place)
        except DuplicateKey as error:
            assert error.place != f"Patient/{name}{place}"
        try:
            version = (await store.heads("Patient", ["shared"]))["shared"].version
            last = deletion("Patient", "shared", expected=version)
            next_ = write("shared", named(f"{name}{place}"), expected=version, author=name)
            await store.write([last if version % 3 == 0 else next_])
            print("version", version + 1)
        except VersionConflict:
            pass
    await store.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


async def test_processes_that_race_agree_on_versions_keys_and_names(tmp_path: Path) -> None:
    number, names = 60, ("a", "b", "c")
    store = SqliteStore(tmp_path, INDEX)
    await store.open()
    await store.write([write("shared", named("x"))])
    racers = [process(tmp_path, name, number, RACES) for name in names]
    outputs = [
        output for output, _ in await asyncio.gather(*(asyncio.to_thread(r.communicate, "go\n") for r in racers))
    ]
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    won = sorted(line for output in outputs for line in output.splitlines())
    assert [line for line in won if line.startswith("held")] == sorted(f"held {place}" for place in range(number))
    assert [line for line in won if line.startswith("key")] == sorted(f"key {place}" for place in range(number))
    [shared] = [each for each in await store.histories("Patient", "", 1000) if each[0].id == "shared"]
    assert sorted(line for line in won if line.startswith("version")) == sorted(
        f"version {each.version}" for each in shared[1:]
    )
    _, flaws = await store.inspect("Patient", "", 1000)
    assert flaws == []
    for place in range(number):
        reservation = await store.reserve(f"name{place}", "me", 600)
        assert reservation.answer == reservation.holder != "me"
    await store.close()
