"""Which calls are struck, and by what: decided by a seed, never by the clock. It strikes nothing.

A call is known by its method, its path and the how-manieth of these it is, so that calls that come
in another order are struck alike. After a restart the counting begins anew.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

_WHOLE = 1 << 64


class FaultKind(StrEnum):
    """What a struck call meets; only the two that say `after` have had their effect."""

    ERROR_500 = "500"
    ERROR_502 = "502"
    ERROR_502_AFTER = "502-after"
    DROPPED_BEFORE = "dropped-before"
    DROPPED_AFTER = "dropped-after"
    SECONDARY_LIMIT = "secondary-limit"

    @property
    def after(self) -> bool:
        """Whether the call has its effect, and only its answer is lost."""
        return self in {FaultKind.ERROR_502_AFTER, FaultKind.DROPPED_AFTER}

    @property
    def drops(self) -> bool:
        """Whether the connection goes without an answer."""
        return self in {FaultKind.DROPPED_BEFORE, FaultKind.DROPPED_AFTER}


@dataclass(frozen=True)
class FaultOptions:
    """How many of the calls are struck, as a share from 0 to 1, by which seed and which kinds."""

    rate: float
    seed: int
    kinds: tuple[FaultKind, ...]


NO_FAULTS = FaultOptions(0.0, 0, tuple(FaultKind))


class FaultPlan:
    """Says of each call in turn what it meets."""

    def __init__(self, options: FaultOptions) -> None:
        self._options = options
        self._seen: Counter[tuple[str, str]] = Counter()

    def strike(self, method: str, path: str) -> FaultKind | None:
        """Return what this call meets, or None."""
        self._seen[method, path] += 1
        call = f"{self._options.seed} {self._seen[method, path]} {method} {path}"
        digest = hashlib.blake2b(call.encode(), digest_size=16).digest()
        if int.from_bytes(digest[:8]) >= self._options.rate * _WHOLE:
            return None
        kinds = self._options.kinds
        return kinds[int.from_bytes(digest[8:]) % len(kinds)]
