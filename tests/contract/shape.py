"""Compares paths by their shape: `/repos/{}/{}`, whatever the parts in braces are called."""

import re

_PART = re.compile(r"\{[^}]*\}")


def shape(path: str) -> str:
    """Return a path's shape; the contents of a repository's root are contents like others."""
    plain = _PART.sub("{}", path)
    return plain + "/{}" if plain.endswith("/contents") else plain
