"""The way out of the prepare cage leads to the hosts that were allowed, and nowhere else."""

import socket
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.environments import bridge
from app.workspace.environments.egress import EgressError, Host, check_address, parse_hosts
from app.workspace.environments.hello import server_name
from app.workspace.environments.proxy import Proxy
from app.workspace.sandbox.beneath import own_tree
from app.workspace.sandbox.cage import Mount
from tests.app.workspace.environments.servers import file_server, tls_server
from tests.app.workspace.sandbox.kit import Bench

_BRIDGE = Path(bridge.__file__).read_bytes()
_TLS_CLIENT = """
import socket, ssl, sys
host, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.create_connection(("127.0.0.1", 3128), 10)
s.sendall(f"CONNECT {host}:{port} HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
answer = s.recv(4096).decode()
print(answer.split("\\r\\n")[0])
if " 200 " not in answer:
    print(answer.split("\\r\\n\\r\\n", 1)[1].strip())
    sys.exit()
try:
    with ssl._create_unverified_context().wrap_socket(s, server_hostname=name) as tls:
        tls.sendall(b"hi\\n")
        print(tls.recv(100).decode().strip())
except OSError:
    print("cut")
"""
_RAW_CLIENT = """
import socket, sys
s = socket.create_connection(("127.0.0.1", 3128), 10)
s.sendall(sys.argv[1].encode())
while chunk := s.recv(4096):
    print(chunk.decode(), end="")
"""


@pytest.fixture
def way_out() -> Iterator[Path]:
    """A directory for a socket, whose name must be short."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


async def _ask(bench: Bench, way_out: Path, proxy: Proxy, client: str, *arguments: str) -> str:
    """Run a client in a cage whose only way out is the proxy; returns what it printed."""
    if bench.sandbox.owner is not None:
        own_tree(way_out, bench.sandbox.owner)
    mounts = (Mount(way_out, "/run/egress"),)
    caged = bench.changed(
        lambda cage: replace(cage, mounts=mounts, files=(("/run/bridge.py", _BRIDGE),))
    )
    line = ["/usr/bin/python3", "-IS", "/run/bridge.py", "/run/egress/s", "3128"]
    line += ["/usr/bin/python3", "-IS", "-c", client, *arguments]
    async with proxy.listening(way_out / "s", bench.sandbox.owner):
        finished = await caged.sandbox.run(caged.cage, line, timeout=30)
    return finished.output


async def test_an_allowed_host_is_reached_over_tls(
    bench: Bench, way_out: Path, tmp_path: Path
) -> None:
    async with tls_server(tmp_path, "localhost") as port:
        proxy = Proxy(frozenset({Host("localhost", port)}))

        printed = await _ask(
            bench, way_out, proxy, _TLS_CLIENT, "localhost", str(port), "localhost"
        )

    assert printed == "HTTP/1.1 200 Connection established\nhello from outside\n"
    assert proxy.traffic.refused == set()


async def test_another_port_or_host_is_refused_by_name(
    bench: Bench, way_out: Path, tmp_path: Path
) -> None:
    async with tls_server(tmp_path, "localhost") as port:
        proxy = Proxy(frozenset({Host("localhost", port + 1)}))

        printed = await _ask(
            bench, way_out, proxy, _TLS_CLIENT, "localhost", str(port), "localhost"
        )

    assert printed.startswith("HTTP/1.1 403 Forbidden\n")
    assert f"localhost:{port} is not among the hosts" in printed
    assert proxy.traffic.refused == {f"localhost:{port}"}


async def test_a_connection_that_asks_for_another_name_inside_is_cut(
    bench: Bench, way_out: Path, tmp_path: Path
) -> None:
    async with tls_server(tmp_path, "localhost") as port:
        proxy = Proxy(frozenset({Host("localhost", port)}))

        printed = await _ask(bench, way_out, proxy, _TLS_CLIENT, "localhost", str(port), "other")

    assert printed == "HTTP/1.1 200 Connection established\ncut\n"
    assert proxy.traffic.refused == {f"localhost:{port} (asked for as other)"}


async def test_a_plain_index_is_read_where_the_operator_named_one(
    bench: Bench, way_out: Path
) -> None:
    async with file_server({"/simple/": b"the page"}) as (port, asked):
        proxy = Proxy(frozenset({Host("127.0.0.1", port, tls=False)}))
        request = f"GET http://127.0.0.1:{port}/simple/ HTTP/1.1\r\nHost: x\r\n\r\n"

        printed = await _ask(bench, way_out, proxy, _RAW_CLIENT, request)

    assert printed.endswith("the page")
    assert asked == ["/simple/"]


async def test_a_plain_host_is_no_tls_host_and_the_other_way_round(
    bench: Bench, way_out: Path
) -> None:
    async with file_server({"/": b"no"}) as (port, asked):
        proxy = Proxy(frozenset({Host("127.0.0.1", port)}))
        request = f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: x\r\n\r\n"

        printed = await _ask(bench, way_out, proxy, _RAW_CLIENT, request)

    assert printed.startswith("HTTP/1.1 403")
    assert asked == []


@pytest.mark.parametrize(
    "request_line",
    ["POST http://127.0.0.1:9/ HTTP/1.1", "GET / HTTP/1.1", "CONNECT x HTTP/1.1", "nonsense"],
)
async def test_nothing_but_connect_and_plain_get_is_served(
    bench: Bench, way_out: Path, request_line: str
) -> None:
    printed = await _ask(bench, way_out, Proxy(frozenset()), _RAW_CLIENT, f"{request_line}\r\n\r\n")

    assert printed.startswith("HTTP/1.1 403 Forbidden\r\n")


async def test_a_host_that_does_not_answer_is_a_bad_gateway(bench: Bench, way_out: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    proxy = Proxy(frozenset({Host("127.0.0.1", port)}))

    printed = await _ask(bench, way_out, proxy, _TLS_CLIENT, "127.0.0.1", str(port), "x")

    assert printed == f"HTTP/1.1 502 Bad Gateway\n127.0.0.1:{port} cannot be reached\n"


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.9", "203.0.113.80", "fd00::1"])
def test_mirrors_may_have_private_addresses(address: str) -> None:
    check_address(Host("mirror.example", 443), address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "fe80::1%eth0",
        "0.0.0.0",
        "::",
        "224.0.0.1",
    ],
)
def test_a_name_that_leads_to_this_machine_or_its_links_is_refused(address: str) -> None:
    with pytest.raises(EgressError, match=r"mirror\.example:443 leads to"):
        check_address(Host("mirror.example", 443), address)


def test_this_machine_is_reached_when_it_is_named_as_such() -> None:
    check_address(Host("localhost", 8081), "127.0.0.1")
    check_address(Host("127.0.0.1", 8081), "127.0.0.1")


def test_hosts_are_read_as_an_operator_writes_them() -> None:
    assert parse_hosts("") == frozenset()
    assert parse_hosts("A.example, b.example:8443,") == {
        Host("a.example", 443),
        Host("b.example", 8443),
    }


@pytest.mark.parametrize("text", ["https://a.example", "a.example:x", ":443", "a:0", "a:70000"])
def test_a_setting_that_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(EgressError, match="PHASELINE_EGRESS_HOSTS"):
        parse_hosts(text)


def test_the_server_name_is_read_from_a_real_hello() -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(
        incoming, outgoing, server_hostname="Files.Example.org"
    )
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = outgoing.read()

    assert server_name(hello) == "files.example.org"
    assert [server_name(hello[:length]) for length in range(60)] == [None] * 60
    assert server_name(b"GET / HTTP/1.1\r\n\r\n" * 10) is None
