"""FHIR's operation `$graphql`: `/fhir/$graphql`, which is /graphql without its page, and at an instance.

Its answer is plain JSON, `{data, errors}`; only that there is no such instance is told as FHIR tells it: 404 with an
OperationOutcome. https://hl7.org/fhir/R4/resource-operation-graphql.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from starlette.routing import Route

from app.errors import NotFound
from app.fhir.reference import ID
from app.fhir.served import SERVED
from app.schema.focus import Focus, unfocused
from app.web.failures import outcome_response
from app.web.graphql import GraphQLView

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from strawberry.http import GraphQLHTTPResponse
    from strawberry.schema import BaseSchema
    from strawberry.types import ExecutionResult

    from app.schema.context import Context


def fhir_routes(schema: BaseSchema, *, context_of: Callable[[Request, str], Context], max_body: int) -> list[BaseRoute]:
    """`/fhir/$graphql` and `/fhir/[type]/[id]/$graphql`; the arguments are those of GraphQLView."""
    system = GraphQLView(schema, context_of=context_of, max_body=max_body)
    instance = InstanceView(schema, context_of=context_of, max_body=max_body)
    return [Route("/fhir/$graphql", system), Route("/fhir/{type}/{id}/$graphql", instance)]


class InstanceView(GraphQLView):
    """GraphQL over HTTP where the document begins at the resource that the path names."""

    async def get_root_value(self, request: Any) -> Focus:
        """The resource in the request's path."""
        return _focus(request)

    async def process_result(self, request: Any, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The response's JSON, without the step to the resource. Raises NotFound."""
        response = await super().process_result(request, result)
        return cast("GraphQLHTTPResponse", unfocused(response, _focus(request)))

    async def _answer(self, request: Request) -> Response:
        focus = _focus(request)
        try:
            if focus.type not in SERVED:
                raise _unserved()
            if not ID.fullmatch(focus.id):
                raise _no_id()
            return await super()._answer(request)
        except NotFound as error:
            return outcome_response(request, error.issues, 404)


def _focus(request: Request) -> Focus:
    return Focus(request.path_params["type"], request.path_params["id"])


def _unserved() -> NotFound:
    served = ", ".join(SERVED)
    return NotFound(
        f"This server has no resources of that type. It has: {served}.",
        f"Ce serveur n’a pas de ressources de ce type. Il a : {served}.",
    )


def _no_id() -> NotFound:
    return NotFound(
        "No resource can have that id: it has 1 to 64 characters out of A–Z, a–z, 0–9, - and . (period).",
        "Aucune ressource ne peut avoir cet id : il comporte de 1 à 64 caractères parmi A–Z, a–z, 0–9, - et . (point).",
    )
