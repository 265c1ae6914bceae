"""Names that somebody holds for a time, and what was answered under them. Runs inside a transaction of the caller, so
that whoever comes first has a name, also among processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.store.repository import Reservation

if TYPE_CHECKING:
    from datetime import datetime

    import apsw

_RESERVE: Final = """
INSERT INTO ledger (name, holder, until) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET until = excluded.until WHERE holder = excluded.holder
"""
_WHO: Final = "SELECT holder, answer FROM ledger WHERE name = ?"
_ANSWER: Final = "UPDATE ledger SET answer = ? WHERE name = ? AND holder = ? AND until > ?"
_LET_GO: Final = "DELETE FROM ledger WHERE name = ? AND holder = ?"


def reserve(connection: apsw.Connection, name: str, holder: str, seconds: float, now: datetime) -> Reservation:
    """Hold a name from now on, unless somebody else holds it. The time of the same holder begins anew."""
    clear_expired(connection, now)
    connection.execute(_RESERVE, (name, holder, now.timestamp() + seconds))
    [(who, answer)] = connection.execute(_WHO, (name,))
    return Reservation(who, who == holder, answer)


def settle(connection: apsw.Connection, name: str, holder: str, answer: str | None, now: datetime) -> None:
    """Note an answer until the time of the name is over; None lets go of the name."""
    if answer is None:
        connection.execute(_LET_GO, (name, holder))
    else:
        connection.execute(_ANSWER, (answer, name, holder, now.timestamp()))


def clear_expired(connection: apsw.Connection, now: datetime) -> None:
    """Remove the names whose time is over."""
    connection.execute("DELETE FROM ledger WHERE until <= ?", (now.timestamp(),))


def forget(connection: apsw.Connection) -> None:
    """Remove all answers: nobody can tell from a text which resources it shows."""
    connection.execute("DELETE FROM ledger WHERE answer IS NOT NULL")
