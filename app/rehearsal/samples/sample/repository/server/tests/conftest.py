import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from borrowdale.api import create_app
from borrowdale.database import connect, migrate

TODAY = date(2026, 4, 11)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = connect(None)
    migrate(connection)
    yield connection
    connection.close()


class Api:
    """The API as somebody outside sees it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._transport = httpx.ASGITransport(create_app(connection, today=lambda: TODAY))

    def __call__(self, method: str, path: str, body: Any = None) -> httpx.Response:
        async def exchange() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://shelf.test"
            ) as client:
                return await client.request(method, path, json=body)

        return asyncio.run(exchange())

    def put_on_shelf(self, name: str) -> int:
        return int(self("POST", "/api/tools", {"name": name, "notes": ""}).json()["id"])


@pytest.fixture
def api(connection: sqlite3.Connection) -> Api:
    return Api(connection)
