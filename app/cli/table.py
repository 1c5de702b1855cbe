"""Plain tables for a terminal or a pipe: columns by width, no colours, no lines."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal


def table(head: Sequence[str], rows: Sequence[Sequence[str]], widest: int) -> str:
    """Return rows under their head; a cell is one line of at most `widest` characters."""
    lines = [tuple(head), *(tuple(_cell(cell, widest) for cell in row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    padded = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)
    return "\n".join(padded)


def _cell(text: str, widest: int) -> str:
    # What came from outside must not move the cursor.
    line = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return line if len(line) <= widest else f"{line[: widest - 1]}…"


def moment(at: datetime | None) -> str:
    """Return a moment to the second, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else ""


def money(usd: Decimal | None) -> str:
    """Return an amount to a tenth of a cent; nothing for none."""
    return f"${usd:.3f}" if usd else ""
