"""Text that can be sent and stored: valid Unicode, and never too long. It interprets nothing."""

import re
from collections.abc import Iterable
from typing import Any

MOST_HEAD_BYTES = 2 * 1024
MOST_TAIL_BYTES = 2 * 1024
"""Every byte that is shown is read again in each turn that follows: 4 KiB are a hundred lines."""

MOST_ASKED_BYTES = 16 * 1024
"""Of lines that were asked for by their numbers: most source files, whole."""

_NUMBERED = re.compile(r" *(\d+)\t")
NOTE_BYTES = 100


def well_formed(value: Any) -> Any:
    """Return JSON data whose text is valid Unicode: halves of one character are joined again.

    A character that the model's stream splits over two events arrives as two surrogates, which
    can be neither sent nor stored; one that stands alone becomes a replacement character.
    """
    match value:
        case str():
            return well_formed_text(value)
        case dict():
            return {well_formed_text(key): well_formed(inner) for key, inner in value.items()}
        case list():
            return [well_formed(inner) for inner in value]
        case _:
            return value


def cut(text: str, how_to_read_on: str) -> str:
    """Return text of at most MOST_HEAD_BYTES from its start and MOST_TAIL_BYTES from its end."""
    raw = text.encode()
    left_out = len(raw) - MOST_HEAD_BYTES - MOST_TAIL_BYTES
    if left_out <= 0:
        return text
    head = raw[:MOST_HEAD_BYTES].decode(errors="ignore")
    tail = raw[-MOST_TAIL_BYTES:].decode(errors="ignore")
    return f"{head}\n... [{left_out} bytes left out; {how_to_read_on}] ...\n{tail}"


def first_lines(text: str, most: int) -> str | None:
    """Return the whole lines from the start of a viewed file that fit in `most` bytes.

    None where not one of them fits, and for a text whose lines have no numbers.
    """
    if len(text.encode()) <= most:
        return text
    kept = lines_within(text.split("\n"), most - NOTE_BYTES)
    number = _NUMBERED.match(kept[-1]) if kept else None
    if number is None:
        return None
    last = int(number[1])
    note = f"[cut after line {last}; view_range [{last + 1}, -1] shows what follows]"
    return "\n".join([*kept, note])


def lines_within(lines: Iterable[str], most: int) -> list[str]:
    """Return as many of the lines, from the first, as take at most so many bytes."""
    kept: list[str] = []
    for line in lines:
        most -= len(line.encode()) + 1
        if most < 0:
            break
        kept.append(line)
    return kept


def well_formed_text(text: str) -> str:
    """Return a text as valid Unicode, as `well_formed` does."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
