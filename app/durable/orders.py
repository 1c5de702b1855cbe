"""An operator's orders from the command line: they go the way of a person's command on GitHub.

What may be ordered is decided where every event is decided; nothing else moves a run here.
"""

from datetime import datetime
from typing import Protocol

from phases.core.decisions import Answer, Cancel, React, Refuse, Resume
from phases.core.events import Said
from phases.core.machine import RunState
from phases.core.model import Person, Role, Run
from phases.core.record import Record
from phases.intake import decide

NOBODY = 0  # An operator need not have an account on GitHub.


class RefusedOrderError(Exception):
    """The order does not fit the run; the message says why."""


class Runs(Protocol):
    """The runs as orders move them."""

    async def order(self, run: Run, state: RunState, why: str, told: str) -> None:
        """Move a run on, or end it, and note who had that done."""


class Records(Protocol):
    """What is on record of runs."""

    async def record(self, run: str) -> Record:
        """Return everything on record of a run."""


class Orders:
    """What an operator may order of one run."""

    def __init__(self, runs: Runs, records: Records) -> None:
        self._runs = runs
        self._records = records

    async def give(self, run: Run, command: str, operator: str, at: datetime) -> RunState:
        """Give a command and return the state that the run moves to.

        Raises:
            RefusedOrderError: when the command does not fit the run's state.
        """
        order = Said(
            repository=run.repository,
            number=run.issue,
            on_pull_request=False,
            actor=Person(NOBODY, f"the operator {operator}"),
            actor_is_human=True,
            comment=NOBODY,
            command=command,
            argument="",
            at=at,
        )
        told = f"The operator {operator} ordered: {command}."
        match decide(order, await self._records.record(run.id), Role.ADMIN):
            case Resume(_, why):
                await self._runs.order(run, RunState.RUNNING, why, told)
                return RunState.RUNNING
            case Cancel(_, why):
                await self._runs.order(run, RunState.CANCELLED, why, told)
                return RunState.CANCELLED
            case React():
                return run.state
            case Refuse(text) | Answer(text):
                raise RefusedOrderError(text.partition("\n")[0])
            case other:
                raise RefusedOrderError(f"That cannot be ordered here: {other}.")
