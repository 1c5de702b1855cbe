"""The tracker: one comment from which alone a person knows where a run stands.

A pure projection of the record; it is rendered whole and never read back.
"""

from datetime import datetime

from phases.core.command import Commanded, Word
from phases.core.comments import choices, kept, plural, usd
from phases.core.help import as_given
from phases.core.machine import OVER, RESUMABLE, RunState
from phases.core.model import Awaited, Run, Variant, short
from phases.core.phase import Phase
from phases.core.phase_table import clipped, duration, phase_table
from phases.core.record import Record
from phases.core.sanitise import inline, prose
from phases.core.submission import Weight
from phases.core.work import PhaseName

REASON_LIMIT = 4_000

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


def tracker(record: Record, phases: tuple[Phase, ...]) -> str:
    """Return the whole text of the tracker, as Markdown."""
    run = record.run
    parts = [
        f"## Phaseline · {_BADGES[run.state]}\n",
        f"{_standing(record, phases)}\n",
        *_edited(record),
        *_drifted(run),
        _figures(record),
        *(phase_table(record, phase) for phase in phases),
        *_run_notes(record),
        f"**What happens next:** {_next(record, phases)}\n",
        _foot(record),
    ]
    return "\n".join(part for part in parts if part)


def status(record: Record, phases: tuple[Phase, ...]) -> str:
    """Return where a run stands, in a few lines for who asks."""
    badge = f"**{_BADGES[record.run.state]}**"
    more = f"\n\n[The tracker]({record.tracker_url}) has the rest." if record.tracker_url else ""
    return f"{badge} {_standing(record, phases)}\n\n{_figures(record).rstrip()}{more}\n"


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
        RunState.CANCELLED: f"Ended: {reason} Kept: {kept(record)}",
        RunState.FAILED: (f"Phaseline itself failed.\n\n{_quoted(reason)}\n\nKept: {kept(record)}"),
        RunState.CLOSED: f"Over: {reason}",
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
    judged = record.spec.weight if record.spec else None
    if judged in {None, Weight.STANDARD}:
        return str(judged or "")
    return f"standard; the specification calls the change {judged}"


def _run_notes(record: Record) -> list[str]:
    told = [(note.at, inline(note.text)) for note in record.notes]
    told += [(command.at, _ordered(command)) for command in record.commands]
    notes = "\n".join(f"- {_clock(at)} {text}" for at, text in sorted(told))
    return [f"**Notes**\n\n{notes}\n"] if notes else []


def _ordered(command: Commanded) -> str:
    who = inline(command.by.login)
    if command.word is Word.APPROVE:
        return f"{who} approved the plans (`{command.argument[:10]}`)."
    what = inline(clipped(command.argument))
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


def _foot(record: Record) -> str:
    run = record.run
    who = inline(run.labeller.login)
    commands = ", ".join(f"`{as_given(word)}`" for word in _words(record))
    return (
        f"<sub>Run {run.number} of this issue · asked for by {who} · commands: {commands}</sub>\n"
    )


def _words(record: Record) -> tuple[Word, ...]:
    run = record.run
    ending = (Word.STATUS, Word.CANCEL, Word.HELP)
    if run.awaits(Awaited.APPROVAL):
        return (Word.APPROVE, Word.REVISE, *ending)
    if run.awaits(Awaited.RESUME):
        return (Word.RESUME, *ending)
    if run.state in {RunState.QUEUED, RunState.RUNNING}:
        return (Word.PAUSE, Word.SKIP, *ending)
    if run.state in {RunState.WAITING, RunState.BLOCKED, RunState.FAILED}:
        return (Word.BUDGET if record.out_of_money else Word.RETRY, Word.SKIP, *ending)
    if run.state is RunState.CANCELLED:
        return (Word.RESUME, Word.STATUS, Word.HELP)
    return (Word.STATUS, Word.HELP)


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
