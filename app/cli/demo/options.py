"""What the demo was asked for. No defaults of the command line, no checks."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DemoOptions:
    """The options of `phaseline demo`; `latency` in seconds a reply."""

    data: Path
    once: bool
    json: Path | None
    fresh: bool
    repo: Path | None
    issue: Path | None
    script: Path | None
    live: bool
    latency: float
