"""One phase in the tracker: a title and a table of its works, done, under way and still to come.

It shows a record as it stands; what the run does next is the tracker's to say.
"""

from datetime import timedelta

from phases.core.comments import usd
from phases.core.machine import RunState
from phases.core.model import StepOutcome
from phases.core.phase import Phase
from phases.core.record import Performed, Record
from phases.core.sanitise import inline
from phases.core.work import Step, Work

NOTE_LIMIT = 400
_MINUTE = 60  # Seconds.
_HOUR = 60  # Minutes.
_SIGNS = {
    StepOutcome.DONE: "✅",
    StepOutcome.NO_CHANGE: "✅",
    StepOutcome.SKIPPED: "⏭️",
    StepOutcome.WAIVED: "⏭️",
    StepOutcome.CANCELLED: "⚪",
    StepOutcome.SUPERSEDED: "↩️",
}
_STOPPED = {
    RunState.WAITING: "🟡",
    RunState.BLOCKED: "🔴",
    RunState.FAILED: "🔴",
    RunState.CANCELLED: "⚪",
    RunState.CLOSED: "⚪",
}


def phase_table(record: Record, phase: Phase) -> str:
    """Return the title and the table of one phase, as Markdown."""
    passage = record.passage(phase.name)
    busy = _STOPPED.get(record.run.state, "🔵")
    sign = "⬜"
    took = ""
    if passage and passage.passed_at:
        sign = "✅"
        took = f" · {duration(passage.passed_at - passage.entered_at)}"
    elif passage:
        sign = busy
    agents = {work.agent for work in phase.works if isinstance(work, Step)}
    rows = [_row(work, agents, busy) for work in record.works if work.name.phase is phase.name]
    if not (passage and passage.passed_at):
        rows += [_announced(work) for work in phase.works if _is_to_come(record, phase, work)]
    table = "\n".join(
        ["| | step | who | result | took | cost |", "|---|---|---|---|---|---|", *rows]
    )
    return f"### {sign} {phase.title}{took}\n\n{table}\n"


def _is_to_come(record: Record, phase: Phase, work: Work) -> bool:
    if work.when_needed:
        return False
    return not any(record.of(phase.name, work.performer))


def _announced(work: Work) -> str:
    who = work.agent if isinstance(work, Step) else "service"
    return f"| ⬜ | {work.title} | {who} | | | |"


def _row(work: Performed, agents: set[str], busy: str) -> str:
    sign = _sign(work, busy)
    rounds = f" (round {work.name.round})" if work.name.round > 1 else ""
    attempts = f", attempt {work.attempt}" if work.attempt > 1 else ""
    took = duration(work.ended_at - work.started_at) if work.ended_at else ""
    cost = usd(work.cost_usd) if work.cost_usd else ""
    who = work.name.performer if work.name.performer in agents else "service"
    opinion = f", {work.name.subject} opinion" if work.name.subject else ""
    title = f"{work.title}{opinion}{rounds}{attempts}"
    return f"| {sign} | {title} | {who} | {_result(work)} | {took} | {cost} |"


def _sign(work: Performed, busy: str) -> str:
    if work.outcome is None:
        return busy
    if work.found_failures:
        return "❌"
    return _SIGNS.get(work.outcome, "🔴")


def _result(work: Performed) -> str:
    parts: list[str] = []
    if work.artifact:
        name = work.artifact.name
        parts.append(f"[{name}]({work.url})" if work.url else name)
    elif work.url and work.receipts:
        parts.append(f"[{work.detail}]({work.url})")
    elif work.detail:
        parts.append(inline(work.detail))
    if work.commit:
        parts.append(work.commit.short)
    if work.outcome not in {None, StepOutcome.DONE}:
        told = f"{str(work.outcome).replace('_', ' ')}"
        why = inline(clipped(work.reason))
        parts.append(f"{told}: {why}" if why and not work.artifact else told)
    parts += [f"<br>↩️ {inline(clipped(note.text))}" for note in work.notes]
    return " ".join(parts)


def clipped(text: str) -> str:
    """Return the beginning of a text, with an ellipsis where it was cut."""
    return text if len(text) <= NOTE_LIMIT else f"{text[: NOTE_LIMIT - 1].rstrip()}…"


def duration(span: timedelta) -> str:
    """Return a span of time as people say it, in seconds, minutes or hours."""
    seconds = round(span.total_seconds())
    if seconds < _MINUTE:
        return f"{seconds} s" if seconds > 0 else "<1 s"
    minutes, seconds = divmod(seconds, _MINUTE)
    if minutes < _HOUR:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, _HOUR)
    return f"{hours} h {minutes} min"
