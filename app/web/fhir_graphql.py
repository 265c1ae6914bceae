"""FHIR's operation `$graphql`: `/fhir/$graphql`, which is /graphql without its page, and at an instance.

Its answer is plain JSON, `{data, errors}`; only that there is no such instance, or none any more, or none for the one
who asks, is told as FHIR tells it: 404, 410 or 403 with an OperationOutcome.
https://hl7.org/fhir/R4/resource-operation-graphql.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.routing import Route

from app.errors import Forbidden, Gone, NotFound
from app.schema.focus import Focus
from app.web.address import check_address
from app.web.failures import outcome_response
from app.web.graphql import GraphQLView
from app.web.rest.refusals import fields_of, status_of

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from app.web.graphql import Wiring


def fhir_routes(wiring: Wiring) -> list[BaseRoute]:
    """`/fhir/$graphql` and `/fhir/[type]/[id]/$graphql`."""
    return [
        Route("/fhir/$graphql", GraphQLView(wiring)),
        Route("/fhir/{type}/{id}/$graphql", InstanceView(GraphQLView(wiring, focus_of=focus_of))),
    ]


class InstanceView:
    """GraphQL over HTTP where the document begins at the resource that the path names."""

    def __init__(self, view: GraphQLView) -> None:
        self._view = view

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        try:
            await self._view(scope, receive, send)
        except (NotFound, Gone, Forbidden) as error:
            refusal = outcome_response(Request(scope), error.issues, status_of(error, {}), fields_of(error))
            await refusal(scope, receive, send)


def focus_of(scope: Scope) -> Focus:
    """The resource that the path names. Raises NotFound where there can be none."""
    check_address(scope["path_params"])
    return Focus(scope["path_params"]["type"], scope["path_params"]["id"])
