"""The tables of the embedded store, and the marks by which its file is known.

A resource is a row of `resource` with its JSON text in `document`; the versions before it are in `history`, and every
change is a row of `change`, in commit order; where the last one is erased, its number stays, with key and version 0. A
row of `resource` is `live` if it is found by searches and read by its
id. One that was deleted is not live and has no document; among earlier versions a tombstone has the text ''. One that
is referred to and not there yet has a row too, with version 0 and not live: references to it are kept by its key, which
it has when it arrives.

`claim` has the texts that only one resource may have, `ledger` the names that somebody holds for a time (`until`:
seconds since 1970), with what was answered under them.

What a resource is found by stands in four tables, by resource (primary keys: to test a row, to replace its values) and
by value (indexes: to find rows, to walk them in a sort's order). `value` has the numbers of its texts, each of which is
kept once, in `term`. `link` has the references "Type/id", as the key of the resource they lead to. `interval` has dates
and numbers; `intervals` tells what `shared` and `span` are for. `sort` has what the resource is ordered by. `several`
names the parameters under which a resource has more than one interval or reference, `spelled` those with references
that are no links: addresses, for one.

Each index covers what a search asks of it, so documents are read for the rows of a page only. The indexes by value end
with the key, which grows: resources that share a value are added at one place, not all over the file.
https://www.sqlite.org/withoutrowid.html
"""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x444D4947
"""`PRAGMA application_id` of our files, "DMIG": https://www.sqlite.org/fileformat2.html#application_id"""

FORMAT: Final = 3
"""`PRAGMA user_version`; goes up with every change of the tables."""

PAGE: Final = 8192
"""Bytes of a page of the file: a document of 1 KB leaves less of it unused than of SQLite's usual 4096."""

CONTENT: Final = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parameter (
    number INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (type, name)
) STRICT;

CREATE TABLE IF NOT EXISTS resource (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL, live INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS resource_id ON resource (type, id);
CREATE TABLE IF NOT EXISTS document (key INTEGER PRIMARY KEY REFERENCES resource, text TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS history (
    key INTEGER NOT NULL REFERENCES resource, version INTEGER NOT NULL,
    at TEXT NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (key, version)
) STRICT;
CREATE TABLE IF NOT EXISTS change (
    sequence INTEGER PRIMARY KEY, key INTEGER NOT NULL REFERENCES resource, version INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS claim (
    text TEXT PRIMARY KEY, key INTEGER NOT NULL REFERENCES resource
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claim_key ON claim (key);
CREATE TABLE IF NOT EXISTS ledger (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL, answer TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger_until ON ledger (until);
"""

SEARCH: Final = """
-- walks a type by key, the order in which most of its values are stored
CREATE INDEX IF NOT EXISTS resource_type ON resource (type, live);
CREATE TABLE IF NOT EXISTS term (number INTEGER PRIMARY KEY, parameter INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS term_text ON term (parameter, text);
CREATE TABLE IF NOT EXISTS value (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, term INTEGER NOT NULL, PRIMARY KEY (key, parameter, term)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS value_term ON value (parameter, term, key);
CREATE TABLE IF NOT EXISTS link (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, target INTEGER NOT NULL, PRIMARY KEY (key, parameter, target)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS link_target ON link (parameter, target, key);
CREATE TABLE IF NOT EXISTS interval (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, lo TEXT NOT NULL, hi TEXT NOT NULL, shared INTEGER NOT NULL,
    PRIMARY KEY (key, parameter, lo, hi)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS interval_shared ON interval (parameter, shared, lo, hi, key);
CREATE TABLE IF NOT EXISTS span (
    parameter INTEGER NOT NULL, shared INTEGER NOT NULL, PRIMARY KEY (parameter, shared)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS several (parameter INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS spelled (parameter INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS sort (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (key, parameter)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS sort_text ON sort (parameter, text, key);
"""
