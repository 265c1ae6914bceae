"""A store that is not there is no empty one: a recall of it would find nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest

from app.commands.audit import Options as AuditOptions
from app.commands.audit import audit
from app.commands.backup import backup
from app.commands.check import check
from app.commands.copy import copy_store
from app.commands.export import export
from app.commands.purge import Options as PurgeOptions
from app.commands.purge import purge
from app.commands.recall import print_recall
from app.commands.store import opened
from app.errors import StoreUnusable
from app.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"DMI_STORE": f"embedded:{tmp_path / 'data'}"})


@pytest.mark.parametrize(
    "command",
    [
        backup,
        lambda settings, _: check(settings, repair=False, as_json=False),
        export,
        lambda settings, beside: copy_store(settings, f"embedded:{beside}"),
        lambda settings, _: purge(settings, PurgeOptions("demande", ids=("Patient/p1",))),
        lambda settings, _: print_recall(settings, {"lot": ["L1"]}, ","),
        lambda settings, _: audit(settings, AuditOptions()),
    ],
)
async def test_a_command_that_reads_a_store_makes_none(
    settings: Settings, tmp_path: Path, command: Callable[..., Any]
) -> None:
    with pytest.raises(StoreUnusable, match="There is no store in"):
        await command(settings, tmp_path / "beside")
    assert list(tmp_path.iterdir()) == []


async def test_a_file_that_is_too_damaged_to_be_opened_is_named(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(settings, new=True):
        pass
    file = tmp_path / "data" / "dmi.sqlite3"
    with apsw.Connection(str(file)) as connection:
        page: int = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_parameter_1'"
        ).get
    data = bytearray(file.read_bytes())
    data[(page - 1) * 8192 : page * 8192] = b"\xa5" * 8192
    file.write_bytes(data)
    assert await check(settings, repair=False, as_json=False) == 1
    assert f"{file} is damaged" in capsys.readouterr().out
