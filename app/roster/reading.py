"""Reading the fields of one file, collecting every fault with the file's name.

It knows kinds of values (text, names, choices, numbers), not what an agent is.
"""

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any


class Reading:
    """One file being read. Each reader returns a harmless value when it records a fault."""

    def __init__(self, path: str, fields: dict[str, Any]) -> None:
        self._path = path
        self._fields = fields
        self.faults: list[str] = []

    def fault(self, sentence: str) -> None:
        """Record one fault of this file."""
        self.faults.append(f"{self._path}: {sentence}")

    def expect(self, known: Collection[str]) -> None:
        """Record each field that is unknown, and each known one that is missing."""
        for name in sorted(self._fields.keys() - set(known)):
            self.fault(f"the field `{name}` is unknown. Fields are: {', '.join(sorted(known))}.")
        for name in sorted(set(known) - self._fields.keys()):
            self.fault(f"the field `{name}` is missing.")

    def text(self, name: str) -> str:
        """Return a field that is text and not empty."""
        value = self._fields.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if name in self._fields:
            self.fault(f"`{name}` must be text that is not empty.")
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that is a list of texts, possibly empty, none of them twice."""
        value = self._fields.get(name)
        if value is None and name not in self._fields:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            self.fault(f"`{name}` must be a list of texts; write [] for none.")
            return ()
        entries = tuple(entry.strip() for entry in value)
        for entry in sorted({entry for entry in entries if entries.count(entry) > 1}):
            self.fault(f"`{name}` lists {entry!r} twice.")
        return entries

    def chosen(self, name: str, among: Collection[str]) -> tuple[str, ...]:
        """Return a list of texts of which each must be one of these."""
        entries = self.texts(name)
        for entry in entries:
            if entry not in among:
                self.fault(f"`{name}` lists {entry!r}, which is none of {', '.join(among)}.")
        return tuple(entry for entry in entries if entry in among)

    def within(self, name: str, known: Collection[str]) -> dict[str, Any]:
        """Return a field that is a mapping with exactly these keys, or an empty one."""
        value = self._fields.get(name)
        if name not in self._fields:
            return {}
        if not isinstance(value, dict) or value.keys() != set(known):
            self.fault(f"`{name}` must have exactly {', '.join(known)}.")
            return {}
        return value

    def whole(self, name: str, value: Any) -> int:
        """Return a whole number from 1."""
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self.fault(f"`{name}` must be a whole number from 1.")
        return 1

    def money(self, name: str, value: Any) -> Decimal:
        """Return an amount above zero, in US dollars."""
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal(0)
        if isinstance(value, bool) or not amount.is_finite() or amount <= 0:
            self.fault(f"`{name}` must be an amount above zero.")
            return Decimal(1)
        return amount
