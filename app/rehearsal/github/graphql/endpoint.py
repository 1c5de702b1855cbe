"""`POST /api/graphql`.

Run a document and answer with status 200, errors included, as GitHub does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import graphql_sync

from app.rehearsal.github import refusals
from app.rehearsal.github.api.call import Reply
from app.rehearsal.github.graphql.schema import RefusedFieldError, Root

if TYPE_CHECKING:
    from graphql import GraphQLError, GraphQLSchema
    from sqlalchemy.orm import Session

    from app.rehearsal.github.access.actors import Actor
    from app.rehearsal.github.api.call import Call


class GraphQLHandler:
    """Answers GraphQL requests from one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def __call__(self, call: Call) -> Reply:
        """Execute the document that the body holds."""
        source, variables = call.body.text("query"), call.body.raw("variables")
        result = graphql_sync(
            self._schema,
            source,
            Root(call.context),
            variable_values=variables if isinstance(variables, dict) else {},
            operation_name=call.body.optional_text("operationName"),
        )
        if not result.errors:
            return Reply(200, {"data": result.data})
        errors = [_shown(error) for error in result.errors]
        return Reply(
            200, {**({"data": result.data} if result.data is not None else {}), "errors": errors}
        )


def admit_signed_in(_session: Session, actor: Actor, _names: dict[str, str]) -> None:
    """GraphQL is for people and installations that have signed in.

    Raises:
        RefusedError: 401 or 403.
    """
    if actor.app and not actor.grant:
        raise refusals.not_accessible()
    if actor.account is None:
        raise refusals.RefusedError(401, "This endpoint requires you to be authenticated.")


def _shown(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error or error
    kind = {"type": cause.kind} if isinstance(cause, RefusedFieldError) else {}
    path = {"path": error.path} if error.path else {}
    places = [{"line": place.line, "column": place.column} for place in error.locations or []]
    return {**kind, **path, "locations": places, "message": error.message}
