"""Rewrite the report of `git receive-pack`.

So that a refused ref carries GitHub's reason instead of git's own.
"""

from __future__ import annotations

_SIDEBAND = 1
_HEADER = 4
_LARGEST = 65_515


def read_packets(data: bytes) -> list[bytes | None]:
    """Split pkt-lines; None stands for a flush packet.

    Raises:
        ValueError: The data is not made of pkt-lines.
    """
    packets: list[bytes | None] = []
    at = 0
    while at < len(data):
        size = int(data[at : at + _HEADER], 16)
        if size == 0:
            packets.append(None)
            at += _HEADER
        elif size < _HEADER or at + size > len(data):
            raise ValueError("a pkt-line is cut short")
        else:
            packets.append(data[at + _HEADER : at + size])
            at += size
    return packets


def write_packet(payload: bytes | None) -> bytes:
    """Frame one pkt-line."""
    return b"0000" if payload is None else b"%04x" % (len(payload) + _HEADER) + payload


def with_reasons(response: bytes, reasons: dict[str, str]) -> bytes:
    """Put the reasons of refused refs into the report that lies in sideband 1 of the response.

    Raises:
        ValueError: The response is not made of pkt-lines.
    """
    if not reasons:
        return response
    report = b""
    others: list[bytes] = []
    for packet in read_packets(response):
        if packet and packet[0] == _SIDEBAND:
            report += packet[1:]
        elif packet:
            others.append(write_packet(packet))
    lines = b"".join(write_packet(_reasoned(line, reasons)) for line in read_packets(report))
    pieces = [lines[at : at + _LARGEST] for at in range(0, len(lines), _LARGEST)]
    return b"".join(
        [*others, *(write_packet(bytes([_SIDEBAND]) + piece) for piece in pieces), b"0000"]
    )


def _reasoned(line: bytes | None, reasons: dict[str, str]) -> bytes | None:
    if line is None or not line.startswith(b"ng "):
        return line
    name = line.split(b" ", 2)[1].decode("utf-8", "replace")
    return f"ng {name} {reasons[name]}\n".encode() if name in reasons else line
