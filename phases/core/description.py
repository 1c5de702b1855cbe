"""The description of the pull request, made of what is on record."""

from phases.core.artifacts import gaps
from phases.core.comments import cut, receipts_table, usd
from phases.core.material import latest_receipts
from phases.core.model import Request, StepOutcome
from phases.core.phase_table import duration
from phases.core.record import Record
from phases.core.sanitise import code, inline, prose
from phases.core.scope import guarded

LIMIT = 60_000


def title(request: Request) -> str:
    """Return the pull request's title: the issue's own, made safe, at most 200 characters."""
    return inline(request.title).replace("\\|", "|")[:200]


def opening(issue: int) -> str:
    """Return what the draft says before there is anything to say."""
    return (
        f"Work on #{issue} by Phaseline. This draft turns ready for review when every gate has "
        f"passed; until then the tracker on #{issue} tells where it stands.\n"
    )


def description(record: Record, changed: tuple[str, ...], notice: str) -> str:
    """Return the whole body: summary, look here first, requirements, receipts, money.

    `changed` are all paths that the branch changes, whoever changed them; `notice` is what the
    operator says on all that models write.
    """
    run = record.run
    summary = record.artifact("delivery-summary.md")
    parts = [f"Closes #{run.issue}.\n"]
    if summary:
        parts.append(prose(summary.text))
    parts.extend(_look_here_first(changed))
    parts.extend(_excused(record))
    parts.extend(_waived(record))
    parts.append("## Checks on the head commit\n")
    parts.append(receipts_table(latest_receipts(record)))
    parts.append(
        f"The team {_took(record)}spent {usd(record.spent_usd)} of {usd(run.limit_usd)}. "
        f"Plans and the tracker are on #{run.issue}.\n"
    )
    parts.extend([f"<sub>{notice}</sub>"] if notice else [])
    return cut("\n\n".join(part.strip() for part in parts) + "\n", LIMIT)


def _took(record: Record) -> str:
    ends = [work.ended_at for work in record.works if work.ended_at]
    if record.run.started_at is None or not ends:
        return ""
    return f"took {duration(max(ends) - record.run.started_at)} and "


def _look_here_first(changed: tuple[str, ...]) -> list[str]:
    paths = guarded(sorted(set(changed)))
    if not paths:
        return []
    listed = "\n".join(
        f"- {code(path)} decides what gets installed, shipped or checked" for path in paths
    )
    return [f"## Look here first: guarded files\n\n{listed}\n"]


def _excused(record: Record) -> list[str]:
    report = record.artifact("test-report.md")
    excuses = gaps(report.text) if report else ()
    if not excuses:
        return []
    listed = "\n".join(f"- {inline(excuse)}" for excuse in excuses)
    return [f"## Not covered by a test, and why\n\n{listed}\n"]


def _waived(record: Record) -> list[str]:
    waived = {
        work.name.performer: work.reason
        for work in record.works
        if work.outcome is StepOutcome.WAIVED
    }
    if not waived:
        return []
    listed = "\n".join(f"- {agent}: {inline(reason)}" for agent, reason in waived.items())
    return [f"## Steps that a person waived\n\n{listed}\n"]
