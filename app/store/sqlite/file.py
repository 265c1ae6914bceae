"""Opens the file of the embedded store, and makes what is missing in it."""

from __future__ import annotations

from itertools import count
from time import sleep
from typing import TYPE_CHECKING, Final

import apsw

from app.search.algebra import LAST_UPDATED
from app.store.sqlite.damage import check_tables
from app.store.sqlite.failures import Damaged, NotOurs, TooNew, unusable
from app.store.sqlite.immediate import Impatient
from app.store.sqlite.layout import APPLICATION_ID, CONTENT, FORMAT, PAGE, SEARCH
from app.store.sqlite.migration import clear_earlier_format

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.search.algebra import Index

FILE: Final = "dmi.sqlite3"

PATIENCE: Final = 10_000
"""Milliseconds to wait for another process that writes."""

SETTINGS: Final = """
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA wal_autocheckpoint = 16000;
PRAGMA journal_size_limit = 67108864;
PRAGMA cache_size = -65536;
"""
READER_SETTINGS: Final = "PRAGMA cache_size = -32768"
COUNTER_SETTINGS: Final = "PRAGMA cache_size = -131072; PRAGMA temp_store = MEMORY"


def open_writer(directory: Path | None) -> apsw.Connection:
    """A connection that reads and writes the store of a directory; both are made where they are missing.

    None gives a store in memory, which lasts as long as the connection. Raises StoreUnusable."""
    if directory is None:
        memory = apsw.Connection(":memory:")
        _make_tables(memory)
        return memory
    path = directory / FILE
    try:
        claim(path)
        connection = apsw.Connection(str(path))
    except (OSError, apsw.Error) as error:
        raise unusable(path, error) from None
    try:
        connection.set_busy_handler(wait)
        if connection.readonly("main"):
            raise apsw.ReadOnlyError
        _check_marks(connection)
        connection.pragma("page_size", PAGE)  # of a new file; another one keeps its own
        use_write_ahead_log(connection)
        list(connection.execute(SETTINGS))  # statements run as far as the rows are taken
        # Else a statement is planned anew for each value that is bound to it, which takes longer than to run it:
        # https://www.sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigenableqpsg
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        _make_tables(connection)
    except (apsw.Error, Damaged, NotOurs, TooNew) as error:
        connection.close()
        raise unusable(path, error) from None
    return connection


def claim(path: Path) -> None:
    """Make a file where there is none. Patients' data is its owner's alone; SQLite gives its other files the same
    rights. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)


def open_counter(directory: Path) -> apsw.Connection:
    """A connection for reading very much of the store of a directory. Raises StoreUnusable."""
    [connection] = open_readers(directory, 1)
    connection.execute(COUNTER_SETTINGS)
    return connection


def open_impatient(directory: Path) -> Impatient:
    """A connection for short reads of the store of a directory, which must be there. Raises StoreUnusable."""
    path = directory / FILE
    try:
        connection = Impatient(str(path))
    except apsw.Error as error:
        raise unusable(path, error) from None
    try:
        connection.execute(READER_SETTINGS)
    except apsw.Error as error:
        connection.close()
        raise unusable(path, error) from None
    return connection


def open_readers(directory: Path, number: int) -> list[apsw.Connection]:
    """So many connections that read the store of a directory, which must be there. Raises StoreUnusable."""
    path = directory / FILE
    connections: list[apsw.Connection] = []
    try:
        for _ in range(number):
            connections.append(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY))
            connections[-1].set_busy_handler(wait)
            connections[-1].execute(READER_SETTINGS)
    except apsw.Error as error:
        for connection in connections:
            connection.close()
        raise unusable(path, error) from None
    return connections


def open_beside(directory: Path) -> apsw.Connection:
    """A connection to the store of a directory for what is done beside reading and writing resources."""
    connection = apsw.Connection(str(directory / FILE), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_handler(wait)
    connection.execute("PRAGMA secure_delete = ON")
    return connection


_PARAMETERS: Final = "SELECT type, name, number FROM parameter"


def number_parameters(connection: apsw.Connection, index: Index) -> Mapping[str, Mapping[str, int]]:
    """Type → parameter → the number that stands for them in the tables; new ones get theirs now."""
    wanted = [
        (type_name, name) for type_name, parameters in index.parameters.items() for name in (*parameters, LAST_UPDATED)
    ]
    connection.executemany("INSERT OR IGNORE INTO parameter (type, name) VALUES (?, ?)", wanted)
    numbers = {(type_name, name): number for type_name, name, number in connection.execute(_PARAMETERS)}
    return {
        type_name: {name: numbers[type_name, name] for name in (*parameters, LAST_UPDATED)}
        for type_name, parameters in index.parameters.items()
    }


def _make_tables(connection: apsw.Connection) -> None:
    """Make the tables that are missing: all in a new file, those of searches in one of an earlier format."""
    connection.execute("BEGIN IMMEDIATE")
    known = connection.pragma("user_version")
    if known == FORMAT:
        check_tables(connection)
    clear_earlier_format(connection)
    connection.execute(f"{CONTENT} {SEARCH}")
    check_tables(connection)
    connection.execute("INSERT OR IGNORE INTO setting VALUES ('store', lower(hex(randomblob(8))))")
    if known != FORMAT:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")


def use_write_ahead_log(connection: apsw.Connection) -> None:
    """https://www.sqlite.org/wal.html

    Where two processes make the file at the same time, SQLite refuses this to one of them without asking `wait`."""
    for times_before in count():
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if not wait(times_before):
                raise
        else:
            return


def _check_marks(connection: apsw.Connection) -> None:
    with connection:  # at one moment: another process may be making the tables now
        mark, format_number = connection.pragma("application_id"), connection.pragma("user_version")
        empty = connection.execute("SELECT count(*) FROM sqlite_schema").get == 0
    if mark != APPLICATION_ID and not (empty and mark == 0 and format_number == 0):
        raise NotOurs
    if format_number > FORMAT:
        raise TooNew


def wait(times_before: int) -> bool:
    """Ask again each millisecond. SQLite's own pauses grow to 100 ms: a process that loads data would never be caught
    between two commits."""
    sleep(0.001)
    return times_before < PATIENCE
