"""The request log, the evidence of what was asked how often. It holds no prompts and no keys."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Entry:
    """One request as it ended. `time` is when it came (UTC, RFC 3339), `seconds` how long it took.

    `kind` is message, keep_alive, compaction or count_tokens, None when the request was refused
    before that was known; `sha256` is that of the body's bytes, `head_sha256` that of tools and
    system as JSON, `prefixes` those of the prompt up to each marker that lasts an hour;
    `disconnected` means that the client left before the end of the reply.
    """

    time: str
    seconds: float
    request_id: str
    kind: str | None
    run: str | None
    step: str | None
    agent: str | None
    attempt: int | None
    turn: int | None
    model: str | None
    status: int
    stop_reason: str | None
    usage: Mapping[str, Any] | None
    error: str | None
    misfit: bool
    sha256: str
    head_sha256: str | None
    prefixes: tuple[str, ...]
    streamed: bool
    disconnected: bool


class RequestLog:
    """Appends entries to a file, each by one write, so that lines stay whole whoever is killed."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.entries = 0
        self.misfits = 0

    def append(self, entry: Entry) -> None:
        """Write `entry` as one line, or only count it when there is no file."""
        self.entries += 1
        self.misfits += entry.misfit
        if self._path is None:
            return
        line = json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":")) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)
