"""HTTP connections that a handler may drop without an answer, as a load balancer's reset does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from starlette.types import Receive, Scope, Send

_ABORT = "connection.abort"


class DroppableConnection(H11Protocol):
    """uvicorn's connection, whose end is in each request's extensions."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the class above
        """Begin, and let every request on it know how it is dropped."""
        super().connection_made(transport)
        served = self.app

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"] = {_ABORT: transport.abort}
            await served(scope, receive, send)

        self.app = cast("Any", serve)


async def drop(scope: Scope, receive: Receive, send: Send) -> None:
    """Drop the connection that a request came on; nothing more can be sent on it."""
    del send
    scope["extensions"][_ABORT]()
    # A handler that returned sooner would be answered for, with a 500.
    while (await receive())["type"] != "http.disconnect":
        pass
