"""The only way out of the prepare cage: a proxy on a unix socket that knows where it may lead.

It reads no content. It is not used by anything but the prepare cage.
"""

import asyncio
import contextlib
import os
import re
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app.workspace.environments.egress import EgressError, Host, check_address
from app.workspace.environments.hello import server_name

_CONNECT = re.compile(rb"CONNECT ([A-Za-z0-9.\-\[\]:]{1,260}):([0-9]{1,5}) HTTP/1\.[01]\r\n")
_PLAIN = re.compile(rb"(GET|HEAD) (http://\S{1,4000}) HTTP/1\.[01]\r\n")
_HEAD_BYTES = 16 << 10
_CHUNK = 1 << 16
_MOST_CONNECTIONS = 64
_HEAD_SECONDS = 10.0
_IDLE_SECONDS = 60.0
_MOST_UP = 16 << 20
_MOST_DOWN = 4 << 30


@dataclass
class Traffic:
    """What went through: bytes up and down, and the hosts that were refused."""

    up: int = 0
    down: int = 0
    refused: set[str] = field(default_factory=set)


class _RefusedError(Exception):
    def __init__(self, status: str, why: str) -> None:
        super().__init__(why)
        self.status = status


class Proxy:
    """Serves one prepare."""

    def __init__(self, allowed: frozenset[Host]) -> None:
        self._allowed = allowed
        self._open = 0
        self._connections: set[asyncio.Task[None]] = set()
        self.traffic = Traffic()

    @asynccontextmanager
    async def listening(self, path: Path, owner: int | None) -> AsyncIterator[None]:
        """Serve on a socket, which belongs to `owner` when it is given, within the context."""
        # Started in a second step: cancelled in between, the first would lose the open socket.
        server = await asyncio.start_unix_server(
            self._serve, path, limit=_HEAD_BYTES, start_serving=False
        )
        try:
            if owner is not None:
                os.chown(path, owner, owner)
            await server.start_serving()
            yield
        finally:
            server.close()
            connections = tuple(self._connections)
            for task in connections:
                task.cancel()
            await asyncio.gather(*connections, return_exceptions=True)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        self._open += 1
        try:
            await self._answer(reader, writer)
        except _RefusedError as refused:
            await _refuse(writer, refused)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # Either side went away; the client sees its connection end.
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open > _MOST_CONNECTIONS:
            raise _RefusedError("429 Too Many Requests", "too many connections at once")
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        if match := _CONNECT.match(head):
            host = Host(match[1].decode().lower().strip("[]").rstrip("."), int(match[2]))
            await self._tunnel(host, reader, writer)
        elif match := _PLAIN.match(head):
            await self._forward(match[1], match[2].decode("ascii", "replace"), head, writer)
        else:
            raise _RefusedError("403 Forbidden", "only CONNECT and plain GET are served here")

    async def _tunnel(
        self, host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async with self._connected(host) as (there_reader, there_writer):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            async with asyncio.timeout(_HEAD_SECONDS):
                hello = await reader.read(_HEAD_BYTES)
            name = server_name(hello)
            if name != host.name and not _is_address(host.name):
                self.traffic.refused.add(f"{host} (asked for as {name})")
                return
            self.traffic.up += len(hello)
            there_writer.write(hello)
            await _both(
                self._pump(reader, there_writer, up=True),
                self._pump(there_reader, writer, up=False),
            )

    async def _forward(
        self,
        method: bytes,
        url: str,
        head: bytes,
        writer: asyncio.StreamWriter,
    ) -> None:
        """One plain request, for indexes without TLS; the connection ends with its answer."""
        host = Host.of_url(url)
        if host is None:
            raise _RefusedError("400 Bad Request", "no host")
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [
            line
            for line in head.split(b"\r\n")[1:]
            if line and not line.lower().startswith((b"connection:", b"proxy-"))
        ]
        request = [b"%s %s HTTP/1.1" % (method, path.encode()), *lines, b"Connection: close"]
        async with self._connected(host) as (there_reader, there_writer):
            there_writer.write(b"\r\n".join(request) + b"\r\n\r\n")
            await there_writer.drain()
            await self._pump(there_reader, writer, up=False)

    @asynccontextmanager
    async def _connected(
        self, host: Host
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        if host not in self._allowed:
            self.traffic.refused.add(str(host))
            raise _RefusedError(
                "403 Forbidden", f"{host} is not among the hosts that dependencies may come from"
            )
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                reader, writer = await _connect(host)
        except EgressError as error:
            self.traffic.refused.add(str(host))
            raise _RefusedError("403 Forbidden", str(error)) from error
        except (OSError, TimeoutError) as error:
            raise _RefusedError("502 Bad Gateway", f"{host} cannot be reached") from error
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool
    ) -> None:
        while True:
            async with asyncio.timeout(_IDLE_SECONDS):
                chunk = await reader.read(_CHUNK)
            if not chunk:
                break
            if up:
                self.traffic.up += len(chunk)
            else:
                self.traffic.down += len(chunk)
            if self.traffic.up > _MOST_UP or self.traffic.down > _MOST_DOWN:
                self.traffic.refused.add("more traffic than an installation needs")
                raise ConnectionAbortedError
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _both(*pumps: Coroutine[Any, Any, None]) -> None:
    """Run both ways to their end; the failure of one ends the other."""
    tasks = [asyncio.create_task(pump) for pump in pumps]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _connect(host: Host) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address that answers; every one of them must be allowed.

    The name is looked up once: a second look could show another address than the one checked.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        check_address(host, address)
    failures: list[OSError] = []
    for address in addresses:
        try:
            return await asyncio.open_connection(address, host.port)
        except OSError as error:
            failures.append(error)
    raise ConnectionError(str(failures))


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()


async def _refuse(writer: asyncio.StreamWriter, refused: _RefusedError) -> None:
    body = f"{refused}\n".encode()
    head = f"HTTP/1.1 {refused.status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    with contextlib.suppress(OSError):
        writer.write(head.encode() + body)
        await writer.drain()
