"""Finds this service's own secrets in text, also in part and in disguise.

Agents never have these secrets, so that nothing is ever found; if it is, something is badly wrong.
It is no filter: shapes of other people's secrets are for `leaks.py`.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

_WINDOW = 12
# Keys of one kind share what frames their numbers: a dozen characters in a row prove nothing.
_WINDOW_OF_KEYS = 24
_SHORTEST = 16
# How every RSA key of a length begins, and what closes it: that says nothing about this one.
_COMMON_START = 40
_NO_MARK = re.compile(r"[^a-z0-9]+")
_KEY = re.compile(r"-----BEGIN [^-]+-----(.*?)(?:-----END|\Z)", re.DOTALL)


class Tripwire:
    """Knows the values that must never leave this host."""

    def __init__(self, secrets: Iterable[str]) -> None:
        given = tuple(secrets)
        keys = tuple(filter(None, map(_body_of_key, given)))
        others = tuple(secret for secret in given if _body_of_key(secret) is None)
        self._marks = {
            _WINDOW: _marks(others, _WINDOW),
            _WINDOW_OF_KEYS: _marks(keys, _WINDOW_OF_KEYS),
        }

    def touched_by(self, text: str) -> bool:
        """Whether a dozen characters in a row are those of a secret, whatever stands between."""
        return any(
            not marks.isdisjoint(_windows(_plain(view), width))
            for width, marks in self._marks.items()
            for view in (text, unquote(text))
        )


def _marks(secrets: Iterable[str], width: int) -> frozenset[str]:
    forms = (form for secret in secrets for form in _forms(secret))
    return frozenset(mark for form in forms for mark in _windows(_plain(form), width))


def _body_of_key(secret: str) -> str | None:
    found = _KEY.search(secret.replace("\\n", "\n"))
    return None if found is None else "".join(found[1].split())[_COMMON_START:]


def _forms(secret: str) -> Iterator[str]:
    if len(secret) >= _SHORTEST:
        yield secret
        yield from disguises(secret)


def disguises(secret: str) -> Iterator[str]:
    """Yield a secret in the encodings that hide it from a plain look."""
    raw = secret.encode()
    yield from (secret[::-1], raw.hex())
    # Three alignments, without the characters that depend on the neighbours.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        yield encoded[4 if shift else 0 : -2]


def _plain(text: str) -> str:
    """Return what of a text counts: letters and digits, so that no way of splitting helps."""
    return _NO_MARK.sub("", text.lower())


def _windows(text: str, width: int) -> Iterator[str]:
    return (text[at : at + width] for at in range(len(text) - width + 1))
