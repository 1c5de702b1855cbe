"""What a reply's stop reason means for the session, reason by reason. It runs nothing.

https://docs.claude.com/en/docs/build-with-claude/handling-stop-reasons
"""

from dataclasses import dataclass

from app.claude.calls import Call, calls_of, result_block
from app.claude.compaction import is_summary
from app.claude.course import Course
from app.claude.limits import Cause, outcome_of, reason_of
from app.claude.tools import SUBMIT
from phases.core.errors import Blocked, Later
from phases.core.model import StepOutcome
from phases.core.session import Json, SessionLimits

MOST_REMINDERS = 2
MOST_CUTS = 1

_REMINDER = (
    "Your step is not over: nobody sees these words. If your work is done, call `submit` with its "
    "artifact; otherwise go on with the tools."
)
_CUT = (
    "Your reply was cut because it was too long, and nothing of it was run. Go on from there in "
    "smaller parts: write a large file in several calls, and keep the artifact short."
)
_CUT_CALL = "Not run: the reply was cut inside or after this call."


@dataclass(frozen=True)
class RunTools:
    """The reply calls tools, and all of it came."""

    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Say:
    """The reply is answered without running anything; nothing to say: the model goes on."""

    results: tuple[Json, ...]


@dataclass(frozen=True)
class Shorten:
    """The reply is a summary, and takes the place of what it sums up."""


@dataclass(frozen=True)
class End:
    """The session is over; with a setback it stops here, and goes on from its rows.

    `cause` is what it was wrapped up for, if it was.
    """

    outcome: StepOutcome
    reason: str
    cause: Cause | None = None
    setback: Later | Blocked | None = None


def judge(reply: Json, course: Course, limits: SessionLimits) -> RunTools | Say | Shorten | End:
    """Say what follows from a reply that `course` has taken; every stop reason by its name."""
    calls = calls_of(reply)
    step: RunTools | Say | Shorten | End
    match reply["stop_reason"]:
        case "compaction" if is_summary(reply):
            step = Shorten()
        case "refusal":
            step = End(StepOutcome.REFUSED, _refusal(reply))
        case "model_context_window_exceeded":
            step = End(StepOutcome.NO_OUTPUT, "The conversation filled the model's context window.")
        case _ if course.last and all(call.tool != SUBMIT for call in calls):
            step = _used_up(course, limits)
        case "max_tokens":
            step = _cut(calls, course)
        case "tool_use" | "end_turn" | "stop_sequence" | "pause_turn" if calls:
            step = RunTools(calls)
        case "pause_turn":
            step = Say(())
        case "tool_use" | "end_turn" | "stop_sequence":
            step = _prose(course)
        case unknown:
            step = End(
                StepOutcome.NO_OUTPUT,
                f"The model stopped for a reason that is not known here: {str(unknown)[:80]!r}.",
            )
    return step


def settled(course: Course, limits: SessionLimits) -> End | None:
    """Return the end of a session whose last reply is answered, or None when it goes on."""
    if course.accepted is not None:
        return End(StepOutcome(course.accepted.outcome), course.accepted.summary)
    return _used_up(course, limits) if course.last else None


def _used_up(course: Course, limits: SessionLimits) -> End:
    cause = course.wrapping
    if cause is None:
        raise ValueError("a session that was not asked to wrap up has no last turn")
    reason = reason_of(cause, limits)
    if cause is Cause.REFUSALS:
        reason = (
            f"{len(course.refusals)} submissions were sent back, the last because: "
            f"{' '.join(course.refusals[-1])}"
        )
    return End(outcome_of(cause), reason, cause)


def _cut(calls: tuple[Call, ...], course: Course) -> Say | End:
    if course.cuts > MOST_CUTS:
        return End(
            StepOutcome.NO_OUTPUT, "The model's reply was cut for its length twice in a row."
        )
    unrun = tuple(result_block(call, _CUT_CALL, is_error=True) for call in calls)
    return Say((*unrun, {"type": "text", "text": _CUT}))


def _prose(course: Course) -> Say | End:
    if course.prose > MOST_REMINDERS:
        return End(
            StepOutcome.NO_OUTPUT,
            f"The model answered in words instead of calling `submit`, {course.prose} times.",
        )
    return Say(({"type": "text", "text": _REMINDER},))


def _refusal(reply: Json) -> str:
    details = reply.get("stop_details") or {}
    parts = (details.get("category"), details.get("explanation"))
    said = ": ".join(str(part)[:300] for part in parts if part)
    return f"The model refused to go on ({said})." if said else "The model refused to go on."
