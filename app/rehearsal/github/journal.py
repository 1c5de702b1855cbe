"""The log of every exchange, one JSON line each in `requests.jsonl`.

The evidence of what was asked and done, in order.

A line is first a row in the transaction of what it tells, so that a kill loses neither. It holds
no credentials.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, event, func, select

from app.rehearsal.github.store.hooks import Exchange

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

_SECRET = frozenset({"token", "pem", "secret", "webhook_secret", "client_secret", "private_key"})
_TAIL = 1 << 16


class Journal:
    """Appends to the file; used on the store's thread only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self._written = self._mend()
        self._last = self._written

    def recover(self, session: Session) -> None:
        """Write the lines that a crash kept from the file."""
        rows = session.scalars(
            select(Exchange).where(Exchange.seq > self._written).order_by(Exchange.seq)
        ).all()
        for row in rows:
            self._write(row.seq, row.line)
        highest = session.scalar(select(func.max(Exchange.seq))) or 0
        self._last = max(self._written, highest)

    def note(self, session: Session, entry: dict[str, Any]) -> None:
        """Add an exchange to this transaction.

        Its line is written when the transaction is committed.
        """
        self._last += 1
        seq = self._last
        line = json.dumps({"seq": seq, **_clean(entry)}, separators=(",", ":"))
        session.execute(delete(Exchange).where(Exchange.seq <= self._written))
        session.add(Exchange(seq=seq, line=line))
        event.listen(session, "after_commit", lambda _session: self._write(seq, line), once=True)

    def close(self) -> None:
        """Let the file go."""
        os.close(self._file)

    def _write(self, seq: int, line: str) -> None:
        os.write(self._file, line.encode() + b"\n")
        self._written = seq

    def _mend(self) -> int:
        """Cut off half a line that a kill left, and give the last line's number."""
        size = os.fstat(self._file).st_size
        tail, start = b"", size
        while start > 0:
            start = max(0, start - _TAIL)
            tail = os.pread(self._file, size - start, start)
            whole = tail.rfind(b"\n")
            before = tail.rfind(b"\n", 0, whole) if whole >= 0 else -1
            if before >= 0 or start == 0:
                break
        end = tail.rfind(b"\n") + 1
        os.ftruncate(self._file, start + end)
        lines = tail[:end].splitlines()
        return int(json.loads(lines[-1])["seq"]) if lines else 0


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "***" if key in _SECRET and item else _clean(item) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
