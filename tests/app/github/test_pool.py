"""The connections under all calls, on a server that counts them."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.github.purposes import Purpose
from tests.app.github.invented.calls import get_issue
from tests.app.github.parts import REPOSITORY, MovingClock, connected, minted
from tests.app.serving import served


async def test_tokens_and_calls_of_all_purposes_go_over_one_connection() -> None:
    clients = []

    async def answer(request: Request) -> Response:
        if request.method == "DELETE":
            return Response(status_code=204)
        clients.append(request.client)
        return JSONResponse(minted() if request.method == "POST" else {"number": 3})

    route = Route("/{path:path}", answer, methods=["GET", "POST", "DELETE"])
    async with served(Starlette(routes=[route])) as base, connected(MovingClock(), base) as github:
        for purpose in (Purpose.READ, Purpose.CONVERSE):
            await github.clients.of(REPOSITORY, purpose).read(get_issue)

    assert len(clients) == 4
    assert len(set(clients)) == 1
