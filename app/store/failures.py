"""What every store says of itself when it cannot serve."""

from __future__ import annotations

from app.errors import StoreUnavailable


def closed() -> StoreUnavailable:
    """The answer of a store that is not open (any more)."""
    return StoreUnavailable(
        "The store is closed. Start the program again, then repeat the request.",
        "L’entrepôt est fermé. Redémarrez le programme, puis répétez la requête.",
    )


def slow() -> StoreUnavailable:
    """The answer of a store that works on too much else."""
    return StoreUnavailable(
        "The store is too busy to answer in time. Repeat the request later.",
        "L’entrepôt est trop occupé pour répondre à temps. Répétez la requête plus tard.",
    )
