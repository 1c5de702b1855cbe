"""A phase as data: what it may perform, its body, and the gate at its end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from phases.core.context import RunContext
from phases.core.errors import DefectError
from phases.core.gates import Condition
from phases.core.record import Record
from phases.core.work import PhaseName, Work


@dataclass(frozen=True)
class Phase:
    """A phase: what it may perform, the body that puts that in order, and the gate at its end.

    `consent` has the last word where a person is to approve what the gate let through: it raises
    ApprovalNeededError as long as nobody did.
    """

    name: PhaseName
    title: str
    works: tuple[Work, ...]
    body: Callable[[RunContext], Awaitable[None]]
    gate: tuple[Condition, ...]
    consent: Callable[[Record], None] | None = None

    def work(self, performer: str) -> Work:
        """Return the step or action of that performer.

        Raises:
            DefectError: when this phase has none.
        """
        for work in self.works:
            if work.performer == performer:
                return work
        raise DefectError(f"the phase {self.name} knows no {performer}")
