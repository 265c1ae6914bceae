"""The documents that may be run: any that is sent, or only published ones, which the operator trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.errors import UnknownDocument, UntrustedDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.web.published import Operation


class Documents:
    """The published documents, and whether others are refused (`only`) but for those of the product's own page."""

    def __init__(self, operations: Sequence[Operation], *, only: bool = False, page: Sequence[str] = ()) -> None:
        self._by_id = {operation.id: operation.query for operation in operations}
        self._trusted = frozenset((*self._by_id.values(), *page)) if only else None

    def named(self, identifier: str) -> str:
        """The published document of that identifier. Raises UnknownDocument."""
        query = self._by_id.get(identifier)
        if query is None:
            raise UnknownDocument(
                "No published document has that documentId. Send the document itself as `query`, where this server "
                "takes any.",
                "Aucun document publié n’a ce documentId. Envoyez le document lui-même dans `query`, si ce serveur les "
                "accepte tous.",
            )
        return query

    def check(self, query: str) -> None:
        """Raise UntrustedDocument for a document that was sent, and may not be run; a published one may, to the
        letter."""
        if self._trusted is not None and query not in self._trusted:
            raise UntrustedDocument
