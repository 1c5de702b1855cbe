"""Ports of 127.0.0.1 that a process can give up and take again. It does not reserve them."""

import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
LOWEST = 10_000
HIGHEST = 65_535
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def restartable_ports(count: int) -> list[int]:
    """Return `count` different ports that nobody listens on.

    They lie outside the range from which the kernel gives outgoing connections theirs (ip(7),
    ip_local_port_range): of a port inside it, any client may take hold while its server restarts.

    Raises:
        OSError: so many free ports are not to be had.
    """
    lent = _lent_by_the_kernel()
    candidates = [port for port in range(LOWEST, HIGHEST + 1) if port not in lent]
    candidates = candidates or list(range(LOWEST, HIGHEST + 1))
    random.shuffle(candidates)
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            break
        if _is_free(port):
            found.append(port)
    if len(found) < count:
        raise OSError(f"fewer than {count} ports of {HOST} are free")
    return found


def _lent_by_the_kernel() -> range:
    first, last = map(int, RANGE.read_text().split())
    return range(first, last + 1)


def _is_free(port: int) -> bool:
    try:
        with socket.create_server((HOST, port)):
            return True
    except OSError:
        return False
