"""The tables of the embedded store, and the marks by which its file is known.

A resource is a row of `resource` with its JSON text in `document`; the versions before it are in `history`, and every
change is a row of `change`, in commit order. What it is found by stands in `value`, `interval` and `sort`, by resource
(primary keys: to test a row, to replace its values) and by value (indexes: to find rows, to walk them in a sort's
order). Each index covers what a search asks of it, so documents are read for the rows of a page only. The indexes by
value end with the key, which grows: resources that share a value are added at one place, not all over the file.
`intervals` tells what `shared`, `span` and `several` are for.
https://www.sqlite.org/withoutrowid.html
"""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x444D4947
"""`PRAGMA application_id` of our files, "DMIG": https://www.sqlite.org/fileformat2.html#application_id"""

FORMAT: Final = 1
"""`PRAGMA user_version`; goes up with every change of the tables."""

TABLES: Final = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE parameter (
    number INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (type, name)
) STRICT;

CREATE TABLE resource (
    key INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX resource_id ON resource (type, id);
CREATE INDEX resource_type ON resource (type); -- walks a type by key, the order in which most of its values are stored
CREATE TABLE document (key INTEGER PRIMARY KEY REFERENCES resource, text TEXT NOT NULL) STRICT;
CREATE TABLE history (
    key INTEGER NOT NULL REFERENCES resource, version INTEGER NOT NULL,
    at TEXT NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (key, version)
) STRICT;
CREATE TABLE change (
    sequence INTEGER PRIMARY KEY, key INTEGER NOT NULL REFERENCES resource, version INTEGER NOT NULL
) STRICT;

CREATE TABLE value (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (key, parameter, text)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX value_text ON value (parameter, text, key);
CREATE TABLE interval (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, lo TEXT NOT NULL, hi TEXT NOT NULL, shared INTEGER NOT NULL,
    PRIMARY KEY (key, parameter, lo, hi)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX interval_shared ON interval (parameter, shared, lo, hi, key);
CREATE TABLE span (
    parameter INTEGER NOT NULL, shared INTEGER NOT NULL, PRIMARY KEY (parameter, shared)
) STRICT, WITHOUT ROWID;
CREATE TABLE several (parameter INTEGER PRIMARY KEY) STRICT;
CREATE TABLE sort (
    key INTEGER NOT NULL, parameter INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (key, parameter)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sort_text ON sort (parameter, text, key);
"""
