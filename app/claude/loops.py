"""Sees a session go round in circles: from its calls and their results alone.

What is done about it, others decide.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.claude.calls import Call
from app.claude.limits import Cause
from phases.core.agent import EDITOR_TOOL
from phases.core.session import Json

TIMES = 3
"""How often the same call with the same result, or a failed edit, is one too many."""

_EDITS = frozenset({"create", "str_replace", "insert"})
_WORKSPACE = "/workspace/"


@dataclass
class Loops:
    """What repeats, folded from the turns of a session."""

    _seen: Counter[bytes] = field(default_factory=Counter)
    _replaced: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    _created: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _failed: int = 0

    def take(self, call: Call, result: Json) -> Cause | None:
        """Go on by one call; return the circle that it closes. Each circle begins anew then."""
        found = [self._repeated(call, result)]
        if call.tool == EDITOR_TOOL and call.arguments.get("command") in _EDITS:
            failed = bool(result.get("is_error"))
            found.append(self._failing(failed=failed))
            if not failed:
                found.append(self._to_and_fro(call.arguments))
        return next((cause for cause in found if cause is not None), None)

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

    def _to_and_fro(self, arguments: Mapping[str, Any]) -> Cause | None:
        path = str(arguments.get("path", "")).removeprefix(_WORKSPACE)
        if arguments["command"] == "create":
            return self._recreated(path, str(arguments.get("file_text", "")))
        if arguments["command"] == "str_replace":
            old, new = str(arguments.get("old_str", "")), str(arguments.get("new_str") or "")
            return self._replaced_back(path, old, new)
        return None

    def _recreated(self, path: str, text: str) -> Cause | None:
        earlier = self._created[path]
        if text in earlier[:-1] and text != earlier[-1]:
            self._created[path] = [text]
            return Cause.TO_AND_FRO
        if not earlier or text != earlier[-1]:
            earlier.append(text)
        return None

    def _replaced_back(self, path: str, old: str, new: str) -> Cause | None:
        if (new, old) in self._replaced[path]:
            self._replaced[path].clear()
            return Cause.TO_AND_FRO
        self._replaced[path].add((old, new))
        return None
