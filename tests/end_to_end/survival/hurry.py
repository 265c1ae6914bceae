"""What few rounds do not wait for: names that a killed server holds, transactions that it has begun. Many rounds do."""

from __future__ import annotations

from pymongo import MongoClient

HURRIED = (
    "-c",
    "import runpy; from app.intake import ledger; ledger.LEASE = 5.0; runpy.run_module('app', run_name='__main__')",
)
"""The program of a server whose names are free some seconds after it was killed."""


def end_sessions(store: str) -> None:
    """Have a MongoDB end the transactions of a server that was killed, as it does by itself after a minute."""
    if store.startswith("mongodb"):
        with MongoClient[dict[str, object]](store) as client:
            client.admin.command("killAllSessions", [])
