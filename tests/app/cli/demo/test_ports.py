import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.cli.demo.ports import HIGHEST, HOST, LOWEST, restartable_ports


def test_no_outgoing_connection_can_take_hold_of_a_port_while_its_server_restarts() -> None:
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())

    ports = restartable_ports(50)

    assert len(set(ports)) == 50
    assert all(LOWEST <= port <= HIGHEST and not first <= port <= last for port in ports)


def test_a_port_on_which_somebody_listens_is_passed_over() -> None:
    with ExitStack() as held:
        taken = restartable_ports(200)
        for port in taken:
            held.enter_context(socket.create_server((HOST, port)))

        assert not set(restartable_ports(2_000)) & set(taken)


def test_more_ports_than_there_are_is_an_error_that_says_so() -> None:
    with pytest.raises(OSError, match="fewer than 100000 ports"):
        restartable_ports(100_000)
