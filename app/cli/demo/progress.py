"""What is new between two looks at a run, as lines for people. It neither looks nor prints."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.cli.demo.seen import Receipt, Seen, Step


class Tone(StrEnum):
    """How a line is meant; the screen chooses its look."""

    HEADING = "heading"
    BEGUN = "begun"
    GOOD = "good"
    BAD = "bad"
    PLAIN = "plain"
    NOTE = "note"
    SAID = "said"


@dataclass(frozen=True)
class Line:
    """One line; `at` is seconds since the run was created, None for headings."""

    tone: Tone
    at: float | None
    text: str


HEADINGS = {
    "initialization": "Initialization",
    "planning": "Planning",
    "implementation": "Implementation",
    "qa": "Quality assurance",
    "ready": "Ready for review",
}
STATUS_TONES = {"passed": Tone.GOOD, "failed": Tone.BAD}
CENT = 0.01
QUIET_OUTCOMES = frozenset({"no_change", "skipped", "waived", "superseded"})


def news(before: Seen | None, now: Seen) -> tuple[Line, ...]:
    """Return what happened since `before`, oldest first; a phase's first line has its heading.

    Phases overlap: the baseline is checked while plans are written. So a heading comes once.
    """
    known = {} if before is None else {_key(step): step for step in before.steps}
    happened: list[tuple[datetime, str, Line]] = []
    for step in now.steps:
        old = known.get(_key(step))
        if old is None:
            happened.append((step.started, step.phase, _begun(now, step)))
        if step.ended is not None and (old is None or old.ended is None):
            happened += [(step.ended, step.phase, line) for line in _ended(now, step)]
    lines: list[Line] = []
    entered = {step.phase for step in known.values()}
    for _, of, line in sorted(happened, key=lambda one: one[0]):
        if of not in entered:
            lines.append(Line(Tone.HEADING, None, HEADINGS.get(of, of)))
            entered.add(of)
        lines.append(line)
    fresh = now.notes[len(before.notes) if before is not None else 0 :]
    return (*lines, *(Line(Tone.NOTE, None, note) for note in fresh))


def _key(step: Step) -> tuple[str, int]:
    return step.name, step.attempt


def _begun(run: Seen, step: Step) -> Line:
    what = f": {step.title}" if step.title and not step.by_service else ""
    return Line(Tone.BEGUN, _at(run, step.started), f"{_who(step)}{what}")


def _ended(run: Seen, step: Step) -> Iterator[Line]:
    assert_ended = step.ended or step.started
    at = _at(run, assert_ended)
    receipts = [receipt for receipt in run.receipts if receipt.work == step.name]
    red = any(receipt.status == "failed" for receipt in receipts)
    quiet = Tone.PLAIN if step.outcome in QUIET_OUTCOMES else Tone.BAD
    tone = Tone.GOOD if step.outcome == "done" else quiet
    parts = [_who(step), _outcome(step), *_made(step)]
    yield Line(Tone.BAD if red else tone, at, " · ".join(part for part in parts if part))
    for receipt in receipts:
        shown = STATUS_TONES.get(receipt.status, Tone.PLAIN)
        yield Line(shown, None, _evidence(receipt))
    for note in step.notes:
        yield Line(Tone.NOTE, None, note)
    if step.reason:
        yield Line(Tone.SAID if tone is not Tone.BAD else Tone.NOTE, None, step.reason)


def _who(step: Step) -> str:
    again = f" (round {step.round})" if step.round > 1 else ""
    tried = f" (attempt {step.attempt})" if step.attempt > 1 else ""
    # What the service does itself is known by what it is, what an agent does by who does it.
    who = step.title if step.by_service else step.agent
    return f"{who}{again}{tried}"


def _outcome(step: Step) -> str:
    return "" if step.outcome == "done" else str(step.outcome).replace("_", " ")


def _made(step: Step) -> Iterator[str]:
    if step.artifact is not None:
        yield step.artifact
    if step.commit is not None:
        yield f"commit {step.commit[:7]}"
    if step.ended is not None:
        yield f"{(step.ended - step.started).total_seconds():.1f} s"
    if step.cost_usd:
        yield f"${step.cost_usd:.2f}" if step.cost_usd >= CENT else "<$0.01"


def _evidence(receipt: Receipt) -> str:
    # Only tests are counted when they pass; what else fails are findings.
    failed = "failed" if receipt.passed is not None else "found"
    counts = [
        f"{count} {word}"
        for count, word in ((receipt.passed, "passed"), (receipt.failed, failed))
        if count
    ]
    status = receipt.status.replace("_", " ")
    why = f" ({receipt.reason})" if receipt.reason else ""
    return f"{receipt.check}: {', '.join(counts) or status}{why}"


def _at(run: Seen, moment: datetime) -> float:
    return (moment - run.created).total_seconds()
