"""What work is: steps (one agent, one artifact) and actions (the service's own), as data.

Phase bodies in `phases/` put them in order; nothing here is performed.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from phases.core.errors import DefectError
from phases.core.submission import Demand, Side


class PhaseName(StrEnum):
    """The five phases, in order."""

    INITIALIZATION = "initialization"
    PLANNING = "planning"
    IMPLEMENTATION = "implementation"
    QA = "qa"
    READY = "ready"


class Files(StrEnum):
    """What becomes of the files that a step's agent changes."""

    READ_ONLY = "read_only"
    COMMITTED = "committed"
    THROWN_AWAY = "thrown_away"


@dataclass(frozen=True)
class Step:
    """One agent makes one artifact; `demands` name what its submission must carry besides.

    A step with a `side` is skipped when the spec does not name that side, or the repository lacks
    it. One that is performed only `when_needed` is not announced before. One that `merges` begins
    in a merge that did not come out cleanly, and completes it.
    """

    agent: str
    makes: str
    title: str
    demands: frozenset[Demand] = frozenset()
    files: Files = Files.READ_ONLY
    side: Side | None = None
    when_needed: bool = False
    merges: bool = False

    @property
    def performer(self) -> str:
        """The middle part of the step's name."""
        return self.agent


@dataclass(frozen=True)
class Action:
    """The service does one thing; when it is done only `when_needed` it is not announced before."""

    name: str
    title: str
    when_needed: bool = False

    @property
    def performer(self) -> str:
        """The middle part of the action's name."""
        return self.name


Work = Step | Action
# The subject of a step that another model does over, without seeing what the first one made.
SECOND_OPINION = "second"

_NAME = re.compile(
    r"(?P<phase>[a-z]+)/(?P<performer>[a-z-]+)/(?P<round>[1-9]\d*)(?:/(?P<subject>[\w.-]+))?"
)


@dataclass(frozen=True, order=True)
class WorkName:
    """The name that one piece of work keeps through replays: `phase/performer/round[/subject]`."""

    phase: PhaseName
    performer: str
    round: int
    subject: str | None = None

    def __str__(self) -> str:
        name = f"{self.phase}/{self.performer}/{self.round}"
        return f"{name}/{self.subject}" if self.subject else name

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name as `str()` writes it.

        Raises:
            DefectError: when the text is not such a name.
        """
        match = _NAME.fullmatch(text)
        if match is None:
            raise DefectError(f"{text!r} names no work")
        return cls(
            PhaseName(match["phase"]), match["performer"], int(match["round"]), match["subject"]
        )
