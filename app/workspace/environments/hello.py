"""Reads the server name out of a TLS ClientHello. Nothing else of TLS is understood here."""

_HANDSHAKE = 22
_CLIENT_HELLO = 1
_SERVER_NAME = 0
_RANDOM_ENDS = 43  # Record header 5, handshake header 4, version 2, random 32.


def server_name(hello: bytes) -> str | None:
    """The name that the client asks for, in lower case; None when there is none to be found."""
    try:
        if hello[0] != _HANDSHAKE or hello[5] != _CLIENT_HELLO:
            return None
        at = _after_vector(hello, _RANDOM_ENDS, 1)  # Session id.
        at = _after_vector(hello, at, 2)  # Cipher suites.
        at = _after_vector(hello, at, 1)  # Compression methods.
        end = _after_vector(hello, at, 2)
        return _among_extensions(hello, at + 2, end)
    except (IndexError, UnicodeDecodeError):
        return None


def _among_extensions(hello: bytes, at: int, end: int) -> str | None:
    while at + 4 <= end:
        kind, length = _number(hello, at, 2), _number(hello, at + 2, 2)
        if kind == _SERVER_NAME:
            # A list with one entry: list length 2, type 1, name length 2, name.
            size = _number(hello, at + 7, 2)
            return hello[at + 9 : at + 9 + size].decode("ascii").lower()
        at += 4 + length
    return None


def _after_vector(hello: bytes, at: int, width: int) -> int:
    return at + width + _number(hello, at, width)


def _number(hello: bytes, at: int, width: int) -> int:
    if at + width > len(hello):
        raise IndexError
    return int.from_bytes(hello[at : at + width], "big")
