"""Text that can be sent and stored: valid Unicode, and never too long. It interprets nothing."""

from typing import Any

MOST_HEAD_BYTES = 16 * 1024
MOST_TAIL_BYTES = 16 * 1024


def well_formed(value: Any) -> Any:
    """Return JSON data whose text is valid Unicode: halves of one character are joined again.

    A character that the model's stream splits over two events arrives as two surrogates, which
    can be neither sent nor stored; one that stands alone becomes a replacement character.
    """
    match value:
        case str():
            return _well_formed_text(value)
        case dict():
            return {_well_formed_text(key): well_formed(inner) for key, inner in value.items()}
        case list():
            return [well_formed(inner) for inner in value]
        case _:
            return value


def capped(text: str) -> str:
    """Return text of at most 16 KiB from its start and 16 KiB from its end, in UTF-8."""
    raw = _well_formed_text(text).encode()
    left_out = len(raw) - MOST_HEAD_BYTES - MOST_TAIL_BYTES
    if left_out <= 0:
        return raw.decode()
    head = raw[:MOST_HEAD_BYTES].decode(errors="ignore")
    tail = raw[-MOST_TAIL_BYTES:].decode(errors="ignore")
    return f"{head}\n... [{left_out} bytes left out] ...\n{tail}"


def _well_formed_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
