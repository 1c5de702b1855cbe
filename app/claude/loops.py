"""Sees a session go round in circles: from its calls and their results alone.

What is done about it, others decide.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field

from app.claude.calls import Call
from app.claude.edits import EDITS, Edits
from app.claude.limits import Cause
from phases.core.agent import EDITOR_TOOL
from phases.core.session import Json

TIMES = 3
"""How often the same call with the same result, or a failed edit, is one too many."""


@dataclass
class Loops:
    """What repeats, folded from the turns of a session."""

    _seen: Counter[bytes] = field(default_factory=Counter)
    _edits: Edits = field(default_factory=Edits)
    _failed: int = 0

    def take(self, call: Call, result: Json) -> Cause | None:
        """Go on by one call; return the circle that it closes. Each circle begins anew then."""
        found = [self._repeated(call, result)]
        if call.tool == EDITOR_TOOL and call.arguments.get("command") in EDITS:
            failed = bool(result.get("is_error"))
            found.append(self._failing(failed=failed))
            if not failed and self._edits.take(call.arguments):
                found.append(Cause.TO_AND_FRO)
        return next((cause for cause in found if cause is not None), None)

    def end_turn(self, snapshot: str | None) -> Cause | None:
        """Go on by the files behind a turn's calls; return the circle that all of them close."""
        return Cause.TO_AND_FRO if self._edits.end_turn(snapshot) else None

    def forget_calls(self) -> None:
        """Let calls be made again: the files have changed, or the results are out of sight."""
        self._seen.clear()

    def _repeated(self, call: Call, result: Json) -> Cause | None:
        whole = [call.tool, call.arguments, result.get("content"), result.get("is_error")]
        key = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).digest()
        self._seen[key] += 1
        if self._seen[key] < TIMES:
            return None
        del self._seen[key]
        return Cause.SAME_CALL

    def _failing(self, *, failed: bool) -> Cause | None:
        self._failed = self._failed + 1 if failed else 0
        if self._failed < TIMES:
            return None
        self._failed = 0
        return Cause.FAILED_EDITS
