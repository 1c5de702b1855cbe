"""Runs as they stand when a person says something to them, and what a refusal tells."""

from datetime import timedelta
from decimal import Decimal

from phases.core.decisions import Decision, Refuse
from phases.core.events import Said
from phases.core.machine import RunState
from phases.core.model import Awaited, Awaiting, Request, Run, StepOutcome
from phases.core.record import Passage, Performed, Record
from phases.core.work import PhaseName, WorkName
from tests.phases.test_intake import ACTOR, REPOSITORY, WHEN

S = RunState
PLANS = "c" * 64
LATER = WHEN + timedelta(minutes=5)
# A run that waits does so for the clock, for an approval, or for being resumed.
STANDINGS: dict[str, tuple[RunState, Awaited | None]] = {
    "queued": (S.QUEUED, None),
    "running": (S.RUNNING, None),
    "waiting": (S.WAITING, None),
    "approval": (S.WAITING, Awaited.APPROVAL),
    "paused": (S.WAITING, Awaited.RESUME),
    "blocked": (S.BLOCKED, None),
    "failed": (S.FAILED, None),
    "ready": (S.READY, None),
    "cancelled": (S.CANCELLED, None),
    "closed": (S.CLOSED, None),
}


def record(standing: str, *works: Performed, phase: PhaseName = PhaseName.PLANNING) -> Record:
    """Return a run that stands so in a phase, with what is on record of it."""
    state, what = STANDINGS[standing]
    run = Run(
        id="r1",
        repository=REPOSITORY,
        issue=3,
        number=2,
        labeller=ACTOR,
        state=state,
        segment=4,
        created_at=WHEN,
        limit_usd=Decimal(15),
        request=Request("Title", "Body", "reader", (), WHEN),
        awaiting=Awaiting(what, WHEN, PLANS) if what else None,
    )
    return Record(run, works, (Passage(phase, WHEN, None),))


def say(word: str, argument: str = "") -> Said:
    return Said(REPOSITORY, 3, False, ACTOR, True, 77, word, argument, LATER)


def work(name: str, outcome: StepOutcome | None) -> Performed:
    return Performed(WorkName.parse(name), "Title", 1, WHEN, outcome=outcome)


def told(decision: Decision) -> str:
    assert isinstance(decision, Refuse)
    assert decision.key == "reply/77"
    sentence, _, hint = decision.text.partition("\n\n")
    assert hint == "`/phaseline help` lists the commands."
    return sentence
