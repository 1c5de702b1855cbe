"""Which finished work is done again when a person asks for it by name, and what hangs on it.

Nothing is thrown away: what is superseded stays on record, and its commits stay on the branch.
"""

from collections.abc import Iterable, Iterator

from phases.core.model import StepOutcome
from phases.core.record import Performed, Record
from phases.core.work import PhaseName, WorkName
from phases.initialization import DRAFT, FREEZE, PREPARE
from phases.pipeline import standard_pipeline
from phases.planning import BASELINE, PLANS
from phases.ready import MERGE, RESOLVE

# What the service finds or makes once for a run: all else stands on it.
ONCE = frozenset({FREEZE.name, PREPARE.name, DRAFT.name, BASELINE.name})
# A merge that people asked for stands on the branch; the next one they ask for is another.
_MERGING = frozenset({MERGE.performer, RESOLVE.performer})
_LEFT_OUT = {StepOutcome.SKIPPED, StepOutcome.WAIVED}
_PLANNERS = frozenset(step.agent for step in PLANS)
_ORDER = tuple(PhaseName)


class NotAgainError(Exception):
    """What a person names is not done again; the message says why, and what can be done."""


def done_again(record: Record, what: str) -> tuple[WorkName, ...]:
    """Return the works that a person's `retry` supersedes, in the order in which they began.

    `what` is a phase, a step, or both as `phase/step`. When what it names has not come to an
    accepted end, that is what goes on next and nothing is superseded.

    Raises:
        NotAgainError: when nothing of that name can be done again.
    """
    name = what.casefold()
    works = [work for work in _named(record, name) if not _is_fixed(work)]
    if not works:
        raise NotAgainError(_why_none(name))
    last = works[-1]
    if any(not work.accepted for work in works):
        return ()
    if last.outcome in _LEFT_OUT and len(works) == 1:
        raise NotAgainError(f"{name} was left out: {last.reason}")
    meant = works if name in _ORDER else [last]
    return tuple(
        work.name
        for work in record.works
        if work in meant or (_may_hang(work) and _hangs_on(work, meant[0], record))
    )


def _named(record: Record, name: str) -> list[Performed]:
    """Return the works that a name means, without superseded ones: those of one phase."""
    phase, _, performer = name.rpartition("/")
    mine = [work for work in record.works if not work.superseded]
    if name in _ORDER:
        return [work for work in mine if work.name.phase == name]
    found = [w for w in mine if w.name.performer == performer and phase in {"", w.name.phase}]
    # A step of that name may come in several phases: the last where it is no repair is meant.
    planned = [work for work in found if _is_planned(work)] or found
    return [work for work in found if planned and work.name.phase == planned[-1].name.phase]


def _is_planned(work: Performed) -> bool:
    return not standard_pipeline().work(work.name).when_needed


def _is_fixed(work: Performed) -> bool:
    asked_for = work.name.phase is PhaseName.READY and work.name.performer in _MERGING
    return asked_for or work.name.performer in ONCE


def _may_hang(work: Performed) -> bool:
    return not work.superseded and not _is_fixed(work)


def _hangs_on(work: Performed, first: Performed, record: Record) -> bool:
    phase, later = first.name.phase, _ORDER.index(work.name.phase) > _ORDER.index(first.name.phase)
    if later:
        return True
    if work.name.phase is not phase:
        return False
    if phase is PhaseName.PLANNING and first.name.performer in _PLANNERS:
        return _is_replanned(work, first, record)
    return record.works.index(work) > record.works.index(first)


def _is_replanned(work: Performed, first: Performed, record: Record) -> bool:
    """Whether work of planning goes with a plan: plans do not read one another.

    Of the other plans the latest stays, so that the next review reads just these.
    """
    if work.name.performer in _PLANNERS - {first.name.performer}:
        return work is not record.latest(PhaseName.PLANNING, work.name.performer)
    return True


def _why_none(name: str) -> str:
    phases = standard_pipeline().phases
    performers = sorted({work.performer for phase in phases for work in phase.works} - ONCE)
    if name.rpartition("/")[2] in ONCE:
        return (
            f"{name.rpartition('/')[2]} is done once for a run. Cancel this run and set the label "
            "again: a new run starts from what stands there then."
        )
    if name in _ORDER or name.rpartition("/")[2] in performers:
        return f"{name} has not begun; it comes when the run gets there."
    return (
        f"There is no such step. Phases: {_listed(_ORDER)}. Steps: {_listed(performers)}; where "
        "one comes in several phases, `phase/step` names it."
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def reopened(works: tuple[WorkName, ...]) -> Iterator[PhaseName]:
    """Yield the phases whose gates are to be passed again when these works are done again."""
    first = min(_ORDER.index(name.phase) for name in works)
    yield from _ORDER[first:]
