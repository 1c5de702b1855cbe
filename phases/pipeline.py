"""The five phases in order, checked against the roster before anything starts."""

from phases.core.agent import Roster
from phases.core.errors import DefectError
from phases.core.phase import Phase
from phases.core.work import Files, PhaseName, Step, Work, WorkName
from phases.implementation import IMPLEMENTATION
from phases.initialization import INITIALIZATION
from phases.planning import PLANNING
from phases.qa import QA
from phases.ready import READY


class Pipeline:
    """The phases that a run passes, first to last."""

    def __init__(self, phases: tuple[Phase, ...]) -> None:
        self.phases = phases

    def phase(self, name: PhaseName) -> Phase:
        """Return the phase of that name.

        Raises:
            DefectError: when the pipeline has none.
        """
        for phase in self.phases:
            if phase.name is name:
                return phase
        raise DefectError(f"the pipeline has no phase {name}")

    def work(self, name: WorkName) -> Work:
        """Return the step or action that a name stands for.

        Raises:
            DefectError: when the pipeline has none.
        """
        return self.phase(name.phase).work(name.performer)

    def faults(self, roster: Roster) -> tuple[str, ...]:
        """Return a sentence for each step that the roster cannot perform."""
        known = {agent.name: agent for agent in roster.agents}
        found: list[str] = []
        for phase in self.phases:
            for step in (work for work in phase.works if isinstance(work, Step)):
                agent = known.get(step.agent)
                if agent is None:
                    found.append(f"{phase.name} needs {step.agent}, and the roster has none.")
                    continue
                if step.makes not in agent.outputs:
                    found.append(f"{step.agent} does not list {step.makes} under outputs.")
                if step.files is Files.COMMITTED and not agent.may_write:
                    found.append(f"{step.agent} is to commit and may write nothing.")
                if "submit" not in agent.tools:
                    found.append(f"{step.agent} has no submit tool and could never end.")
        return tuple(found)


def standard_pipeline() -> Pipeline:
    """Return the pipeline of a run of standard weight."""
    return Pipeline((INITIALIZATION, PLANNING, IMPLEMENTATION, QA, READY))
