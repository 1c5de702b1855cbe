"""One run as text for a terminal; the tracker's words are for GitHub, these for an operator."""

from app.cli.table import moment, money, table
from phases.core.record import Performed, Record

MOST_TEXT = 60


def shown(record: Record) -> str:
    """Return a run, its works and its notes as plain text."""
    run = record.run
    pull = f"#{run.pull_request.number} {run.pull_request.url}" if run.pull_request else ""
    facts = [
        ("run", f"{run.id} ({run.number}. of the issue, segment {run.segment})"),
        ("issue", f"{run.repository.full_name}#{run.issue}"),
        ("state", str(run.state)),
        ("why", run.reason),
        ("asked for", f"{moment(run.created_at)} by {run.labeller.login}"),
        ("ended", moment(run.ended_at)),
        ("money", f"{money(record.spent_usd) or '$0'} of ${run.limit_usd:.2f}"),
        ("base", f"{run.base.branch} at {run.base.sha}" if run.base else ""),
        ("branch", f"{run.branch} at {run.head}" if run.branch else ""),
        ("pull request", pull),
        ("tracker", record.tracker_url or ""),
    ]
    head = ("work", "attempt", "outcome", "ended", "spent", "made", "why")
    works = table(head, [_row(work) for work in record.works], MOST_TEXT)
    notes = [f"{moment(note.at)}  {' '.join(note.text.split())}" for note in record.notes]
    told = table(("", ""), [fact for fact in facts if fact[1]], 500).lstrip("\n")
    return "\n".join([told, "", works, *(["", *notes] if notes else [])])


def _row(work: Performed) -> tuple[str, ...]:
    made = work.artifact.name if work.artifact else ""
    if work.commit:
        made = f"{made} {work.commit.short}".strip()
    return (
        str(work.name),
        str(work.attempt),
        str(work.outcome or "running"),
        moment(work.ended_at),
        money(work.cost_usd),
        made,
        work.reason or work.detail,
    )
