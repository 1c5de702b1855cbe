"""What a phase is made of: steps (one agent, one artifact) and actions, as data.

The bodies that put them in order live in `phases/`; nothing here is performed.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from phases.core.context import RunContext
from phases.core.errors import DefectError
from phases.core.submission import Side
from phases.core.gates import Condition
from phases.core.submission import Demand


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

    A step with a `side` is skipped when the spec does not name that side or the repository lacks it.
    """

    agent: str
    makes: str
    title: str
    demands: frozenset[Demand] = frozenset()
    files: Files = Files.READ_ONLY
    side: Side | None = None

    @property
    def performer(self) -> str:
        """The middle part of the step's name."""
        return self.agent


@dataclass(frozen=True)
class Action:
    """The service does one thing."""

    name: str
    title: str

    @property
    def performer(self) -> str:
        """The middle part of the action's name."""
        return self.name


Work = Step | Action

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
    def parse(cls, text: str) -> WorkName:
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


@dataclass(frozen=True)
class Phase:
    """A phase: what it may perform, the body that puts that in order, and the gate at its end."""

    name: PhaseName
    title: str
    works: tuple[Work, ...]
    body: Callable[[RunContext], Awaitable[None]]
    gate: tuple[Condition, ...]

    def work(self, performer: str) -> Work:
        """Return the step or action of that performer.

        Raises:
            DefectError: when this phase has none.
        """
        for work in self.works:
            if work.performer == performer:
                return work
        raise DefectError(f"the phase {self.name} knows no {performer}")
