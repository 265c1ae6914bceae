"""What is done with versions, keys and names goes by indexes too, with statistics and without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from app.store.sqlite import changes, claims, documents, erasing, inspecting, ledger, restoring, versions, writing
from app.store.sqlite.file import open_writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import apsw

MODULES: Final = (versions, changes, claims, documents, ledger, writing, restoring, erasing, inspecting)
SCANS: Final = re.compile(r"SCAN (wanted|json_each|parameter|span|several|spelled)( VIRTUAL TABLE INDEX.*)?")
"""What a question brings, or a few numbers or names of parameters."""

READ_WHOLE: Final = {
    "_CHANGES": "an erasure looks for its rows in the whole change log, which would be larger with an index for that",
    "_ALL_UNUSED_TERMS": "a file that is rewritten is read whole anyway",
    "_SAMPLES": "the list of the tables",
}
STATEMENT: Final = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE)\b")


def statements(module: ModuleType) -> Iterator[tuple[str, str]]:
    """The names and texts of a module's statements."""
    for name, value in vars(module).items():
        for text in value.values() if isinstance(value, dict) else [value]:
            if name not in READ_WHOLE and isinstance(text, str) and STATEMENT.match(text) and "{" not in text:
                yield name, text


@pytest.fixture(params=["empty", "analyzed"])
def connection(request: pytest.FixtureRequest) -> Iterator[apsw.Connection]:
    connection = open_writer(None)
    if request.param == "analyzed":
        connection.execute("""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300)
            INSERT INTO resource SELECT i, 'Patient', i, 1, '', '', 1 FROM n;
            INSERT INTO history SELECT key, 1, '', '', '' FROM resource;
            INSERT INTO document SELECT key, '' FROM resource;
            INSERT INTO claim SELECT key, key FROM resource;
            INSERT INTO ledger SELECT key, '', key, NULL FROM resource;
            INSERT INTO term SELECT key, 1, key FROM resource;
            INSERT INTO value SELECT key, 1, key FROM resource;
            INSERT INTO link SELECT key, 1, 1 FROM resource;
            ANALYZE
        """)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("name", "text"), [pytest.param(*each, id=f"{m.__name__}.{each[0]}") for m in MODULES for each in statements(m)]
)
def test_no_table_is_read_from_end_to_end(connection: apsw.Connection, name: str, text: str) -> None:
    values = ["[]"] * (1 if "?1" in text else text.count("?"))
    plan = [line for *_, line in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
    assert plan or "VALUES" in text, name  # rows of values are inserted without a plan
    assert [line for line in plan if line.startswith("SCAN") and not SCANS.fullmatch(line)] == []


def test_every_module_has_statements() -> None:
    assert all(list(statements(module)) for module in MODULES)
