"""The tracker: one comment from which alone a person knows where a run stands.

A pure projection of the record; it is rendered whole and never read back.
"""

from datetime import datetime, timedelta

from phases.core.command import Commanded, Word
from phases.core.comments import choices, kept, plural, usd
from phases.core.machine import OVER, RESUMABLE, RunState
from phases.core.model import Awaited, Run, StepOutcome, Variant, short
from phases.core.phase import Phase
from phases.core.receipts import CheckStatus
from phases.core.record import Performed, Record
from phases.core.sanitise import inline, prose
from phases.core.work import PhaseName, Step, Work

NOTE_LIMIT = 400
REASON_LIMIT = 4_000
_MINUTE = 60  # Seconds.
_HOUR = 60  # Minutes.

_BADGES = {
    RunState.QUEUED: "🕒 queued",
    RunState.RUNNING: "🔵 running",
    RunState.WAITING: "🟡 waiting",
    RunState.BLOCKED: "🔴 blocked",
    RunState.READY: "🟢 ready for review",
    RunState.CANCELLED: "⚪ cancelled",
    RunState.FAILED: "🔴 failed",
    RunState.CLOSED: "⚪ closed",
}
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
_ARGUMENTS = {Word.SKIP: "skip <step>", Word.REVISE: "revise <text>"}


def tracker(record: Record, phases: tuple[Phase, ...]) -> str:
    """Return the whole text of the tracker, as Markdown."""
    run = record.run
    parts = [
        f"## Phaseline · {_BADGES[run.state]}\n",
        f"{_standing(record, phases)}\n",
        *_edited(record),
        *_drifted(run),
        _figures(record),
        *(_phase(record, phase) for phase in phases),
        *_run_notes(record),
        f"**What happens next:** {_next(record, phases)}\n",
        _foot(run),
    ]
    return "\n".join(part for part in parts if part)


def status(record: Record, phases: tuple[Phase, ...]) -> str:
    """Return where a run stands, in a few lines for who asks."""
    badge = f"**{_BADGES[record.run.state]}**"
    more = f"\n\n[The tracker]({record.tracker_url}) has the rest." if record.tracker_url else ""
    return f"{badge} {_standing(record, phases)}\n\n{_figures(record)}{more}\n"


def _standing(record: Record, phases: tuple[Phase, ...]) -> str:
    run = record.run
    reason = prose(run.reason[:REASON_LIMIT])
    number = run.pull_request.number if run.pull_request else "?"
    if run.awaits(Awaited.APPROVAL):
        return f"The plans wait for a person's approval.\n\n{_quoted(reason)}"
    if run.awaits(Awaited.RESUME):
        return f"Paused: {reason}"
    return {
        RunState.QUEUED: "The run waits for a free worker; it starts by itself.",
        RunState.RUNNING: f"In {_current(record, phases)}. {_doing(record)}.",
        RunState.WAITING: f"Nothing is wrong; the run goes on by itself.\n\n{_quoted(reason)}",
        RunState.BLOCKED: f"A person is needed.\n\n{_quoted(reason)}\n\nKept: {kept(record)}",
        RunState.READY: f"Every gate has passed. Pull request #{number} waits for your review.",
        RunState.CANCELLED: f"Ended by a person. {reason} Kept: {kept(record)}",
        RunState.FAILED: (f"Phaseline itself failed.\n\n{_quoted(reason)}\n\nKept: {kept(record)}"),
        RunState.CLOSED: f"Over. {reason}",
    }[run.state]


def _doing(record: Record) -> str:
    busy = [work for work in record.works if work.running]
    doing = "; ".join(f"**{work.name.performer}**: {work.title.lower()}" for work in busy)
    return doing or "Getting ready"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def _current(record: Record, phases: tuple[Phase, ...]) -> str:
    for number, phase in enumerate(phases, 1):
        if not record.passed(phase.name):
            return f"phase {number} of {len(phases)}, {phase.title.lower()}"
    return phases[-1].title.lower()


def _figures(record: Record) -> str:
    run = record.run
    facts = [f"**Money** {usd(record.spent_usd)} of {usd(run.limit_usd)}"]
    if run.started_at:
        ended = f" · took {duration(run.ended_at - run.started_at)}" if run.ended_at else ""
        facts.append(f"**Started** {_clock(run.started_at)}{ended}")
    if run.pull_request:
        kind = "draft" if run.pull_request.draft else "ready"
        facts.append(f"**Pull request** #{run.pull_request.number} ({kind})")
    if run.branch:
        facts.append(f"**Branch** `{run.branch}`")
    if run.head:
        facts.append(f"**Head** {short(run.head)}")
    if weight := _weight(record):
        facts.append(f"**Weight** {weight}")
    return " · ".join(facts) + "\n"


def _weight(record: Record) -> str:
    if record.run.variant is Variant.LIGHT:
        return "light, by the label: no design plan, no optimizer, no simplifier"
    if record.run.variant is Variant.FULL:
        return "full, by the label: a second code review by another model, three plan revisions"
    spec = record.spec
    return str(spec.weight) if spec and spec.weight else ""


def _phase(record: Record, phase: Phase) -> str:
    passage = record.passage(phase.name)
    sign = "⬜"
    took = ""
    if passage and passage.passed_at:
        sign = "✅"
        took = f" · {duration(passage.passed_at - passage.entered_at)}"
    elif passage:
        sign = _STOPPED.get(record.run.state, "🔵")
    agents = {work.agent for work in phase.works if isinstance(work, Step)}
    rows = [_row(work, agents) for work in record.works if work.name.phase is phase.name]
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


def _row(work: Performed, agents: set[str]) -> str:
    sign = _sign(work)
    rounds = f" (round {work.name.round})" if work.name.round > 1 else ""
    attempts = f", attempt {work.attempt}" if work.attempt > 1 else ""
    took = duration(work.ended_at - work.started_at) if work.ended_at else ""
    cost = usd(work.cost_usd) if work.cost_usd else ""
    who = work.name.performer if work.name.performer in agents else "service"
    opinion = f", {work.name.subject} opinion" if work.name.subject else ""
    title = f"{work.title}{opinion}{rounds}{attempts}"
    return f"| {sign} | {title} | {who} | {_result(work)} | {took} | {cost} |"


def _sign(work: Performed) -> str:
    if work.outcome is None:
        return "🔵"
    # The checks were run as they should, so their work is done; what they found is what counts.
    if work.accepted and any(one.status is CheckStatus.FAILED for one in work.receipts):
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
        why = inline(work.reason[:NOTE_LIMIT])
        parts.append(f"{told}: {why}" if why and not work.artifact else told)
    parts += [f"<br>↩️ {inline(note.text[:NOTE_LIMIT])}" for note in work.notes]
    return " ".join(parts)


def _run_notes(record: Record) -> list[str]:
    told = [(note.at, inline(note.text)) for note in record.notes]
    told += [(command.at, _ordered(command)) for command in record.commands]
    notes = [f"- {_clock(at)} {text}" for at, text in sorted(told)]
    return ["**Notes**\n", *notes, ""] if notes else []


def _ordered(command: Commanded) -> str:
    who = inline(command.by.login)
    if command.word is Word.APPROVE:
        return f"{who} approved the plans (`{command.argument[:10]}`)."
    what = inline(command.argument)[:NOTE_LIMIT]
    return f"{who}: `/phaseline {command.word}`{f' {what}' if what else ''}"


def _edited(record: Record) -> list[str]:
    run = record.run
    if run.edited is None or run.request is None:
        return []
    planning = (
        " `/phaseline revise` takes the new one while the plans wait or planning has stopped."
    )
    takes = "" if record.passed(PhaseName.PLANNING) else planning
    moment = _clock(run.request.taken_at)
    return [f"⚠️ The issue was edited since: this run works from the text of {moment}.{takes}\n"]


def _drifted(run: Run) -> list[str]:
    drift = run.drift
    if drift is None or run.base is None or run.state in OVER:
        return []
    base, tip = f"`{run.base.branch}`", short(drift.tip)
    if drift.behind is None:
        return [f"ℹ️ {base} has moved since this run began: it stands at {tip} now.\n"]
    merges = "it merges cleanly"
    if drift.conflicts:
        merges = f"{plural(len(drift.conflicts), 'file')} would not merge cleanly"
    offer = " `/phaseline retry merge` takes them in." if run.state in RESUMABLE else ""
    told = f"the branch lacks {plural(drift.behind, 'commit')} of it, and {merges}."
    return [f"ℹ️ {base} has moved since this run began: it stands at {tip} now; {told}{offer}\n"]


def _next(record: Record, phases: tuple[Phase, ...]) -> str:
    state = record.run.state
    awaited = record.run.awaiting.what if record.run.awaiting else None
    if awaited and state is RunState.WAITING:
        return choices(record, state, awaited)
    if state in {RunState.QUEUED, RunState.RUNNING}:
        left = [phase.title.lower() for phase in phases if not record.passed(phase.name)]
        return f"{', then '.join(left)}. Nothing is asked of you until then."
    if state is RunState.WAITING:
        return "the run goes on by itself as soon as it can. You may also " + choices(
            record, state, None
        )
    if state is RunState.READY:
        return "review the pull request. Merging it closes this issue."
    if state is RunState.CLOSED:
        return "nothing."
    return choices(record, state, None)


def _foot(run: Run) -> str:
    who = inline(run.labeller.login)
    commands = ", ".join(f"`/phaseline {_ARGUMENTS.get(word, word)}`" for word in _words(run))
    return (
        f"<sub>Run {run.number} of this issue · asked for by {who} · commands: {commands}</sub>\n"
    )


def _words(run: Run) -> tuple[Word, ...]:
    ending = (Word.STATUS, Word.CANCEL, Word.HELP)
    if run.awaits(Awaited.APPROVAL):
        return (Word.APPROVE, Word.REVISE, *ending)
    if run.awaits(Awaited.RESUME):
        return (Word.RESUME, *ending)
    if run.state in {RunState.QUEUED, RunState.RUNNING}:
        return (Word.PAUSE, Word.SKIP, *ending)
    if run.state in {RunState.WAITING, RunState.BLOCKED, RunState.FAILED}:
        return (Word.RETRY, Word.SKIP, *ending)
    if run.state is RunState.CANCELLED:
        return (Word.RESUME, Word.STATUS, Word.HELP)
    return (Word.STATUS, Word.HELP)


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def duration(span: timedelta) -> str:
    """Return a span of time as people say it, in seconds, minutes or hours."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, _MINUTE)
    if minutes < _HOUR:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, _HOUR)
    return f"{hours} h {minutes} min"
