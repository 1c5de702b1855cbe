"""Every comment that Phaseline posts, except the tracker, as pure text.

Markers and hidden blocks are added by whoever writes to GitHub.
"""

from decimal import Decimal

from phases.core.machine import RESUMABLE, RunState
from phases.core.model import Awaited, Repository, Run, StepOutcome, short
from phases.core.outward import Desired, OutwardKind, Place
from phases.core.receipts import CheckStatus, Failure, Receipt
from phases.core.record import Performed, Record
from phases.core.sanitise import beneath, closed, code, inline, prose
from phases.core.work import PhaseName

LIMIT = 60_000
COLLAPSE_ABOVE = 3_000
# Of a run that has spent this share of its limit people hear how to raise it.
SHORT_OF_MONEY = Decimal("0.9")
# What people read in the description of the pull request, whatever its length.
DESCRIBED = frozenset({"delivery-summary.md"})
PLANNED = frozenset({PhaseName.INITIALIZATION, PhaseName.PLANNING})


def usd(amount: Decimal) -> str:
    """Return an amount of money as people read it."""
    if Decimal(0) < amount < Decimal("0.01"):
        return "<$0.01"
    return f"${amount:.2f}"


def plural(count: int, thing: str) -> str:
    """Return a count with its noun."""
    return f"{count} {thing}" if count == 1 else f"{count:,} {thing}s"


def _comment(key: str, place: Place, text: str) -> Desired:
    return Desired(key=key, kind=OutwardKind.COMMENT, place=place, text=text)


def place_of(phase: PhaseName) -> Place:
    """Return the conversation that a phase's artifacts belong to."""
    return Place.ISSUE if phase in PLANNED else Place.PULL_REQUEST


def artifact_comment(performed: Performed, notice: str) -> Desired:
    """Return the comment that shows an artifact: who made it, what it cost, its commit, its text.

    `notice` is what the operator says on all that models write; empty, nothing is said.

    Raises:
        ValueError: when the work has made none.
    """
    artifact = performed.artifact
    if artifact is None:
        raise ValueError(f"{performed.name} has made no artifact")
    name = performed.name
    facts = [f"round {name.round}", f"`{performed.model}`", usd(performed.cost_usd)]
    if performed.commit:
        facts.append(f"commit {performed.commit.short}")
    if performed.outcome is StepOutcome.NO_CHANGE:
        facts.append("no change")
    body = cut(beneath(prose(artifact.text)), LIMIT)
    described = artifact.name in DESCRIBED
    if described or len(body) > COLLAPSE_ABOVE:
        summary = performed.submission.summary if performed.submission else ""
        where = " It stands in the description of the pull request, too." if described else ""
        body = (
            f"{prose(summary)}{where}\n\n<details><summary>The whole {artifact.name}</summary>\n\n"
            f"{body}\n\n</details>"
        )
    said = f"\n\n<sub>{notice}</sub>" if notice else ""
    text = f"## {artifact.name} · {name.performer}\n\n{' · '.join(facts)}{said}\n\n{body}\n"
    return _comment(f"artifact/{name}", place_of(name.phase), text)


def cut(text: str, limit: int) -> str:
    """Return the text, cut at a line within the limit, an open fence closed, and saying so."""
    if len(text) <= limit:
        return text
    kept = text[:limit].rsplit("\n", 1)[0]
    return f"{closed(kept)}\n\n_Cut here: {len(text) - len(kept):,} more characters._"


def receipts_comment(record: Record, phase: PhaseName) -> Desired:
    """Return the comment that shows every receipt of a phase, newest first, earlier ones folded.

    It is edited in place.
    """
    title = "base commit" if phase is PhaseName.PLANNING else "head commit"
    parts = [f"## Checks over the whole repository · {title}\n"]
    checked = [work for work in record.works if work.name.phase is phase and work.receipts]
    parts += [_round(work, folded=work is not checked[-1]) for work in reversed(checked)]
    return _comment(f"receipts/{phase}", Place.PULL_REQUEST, cut("\n".join(parts), LIMIT))


def _round(work: Performed, *, folded: bool) -> str:
    found = f": {inline(work.detail)}" if work.detail else ""
    where = f"Round {work.name.round} at {short(work.receipts[0].commit)}{found}"
    shown = "\n".join([receipts_table(work.receipts), *_failures(work.receipts)])
    if not folded:
        return f"**{where}**\n\n{shown}"
    return f"<details><summary>{where}</summary>\n\n{shown}\n</details>\n"


_SIGNS = {
    CheckStatus.PASSED: "✅ passed",
    CheckStatus.FAILED: "❌ failed",
    CheckStatus.DID_NOT_RUN: "⚪ did not run",
}


def receipts_table(receipts: tuple[Receipt, ...]) -> str:
    """Return receipts as a Markdown table."""
    rows = ["| check | result | counts | exit | time | command |", "|---|---|---|---|---|---|"]
    for receipt in receipts:
        command = code(" ".join(receipt.argv))
        exit_code = "" if receipt.exit_code is None else str(receipt.exit_code)
        rows.append(
            f"| {_whole(str(receipt.check))} | {_whole(_SIGNS[receipt.status])} "
            f"| {_counts(receipt)} | {exit_code} | {_whole(f'{receipt.seconds:.1f} s')} "
            f"| {command} |"
        )
    return "\n".join(rows) + "\n"


def _whole(text: str) -> str:
    """Return text that a narrow column does not break."""
    return text.replace(" ", "&nbsp;")


def _counts(receipt: Receipt) -> str:
    if receipt.status is CheckStatus.DID_NOT_RUN:
        return inline(receipt.reason)
    if receipt.passed is None:
        return plural(len(receipt.failures), "finding") if receipt.failures else ""
    counts = f"{receipt.passed} passed"
    if receipt.failed:
        counts += f", {receipt.failed} failed"
    return f"{counts}, {receipt.skipped} skipped" if receipt.skipped else counts


def _failures(receipts: tuple[Receipt, ...]) -> list[str]:
    failures = [failure for receipt in receipts for failure in receipt.failures]
    if not failures:
        return []
    rows = [
        f"- {failure.check}: {code(_place(failure))} {inline(failure.message[:300])}"
        for failure in failures[:40]
    ]
    more = [f"- and {len(failures) - 40} more"] if len(failures) > len(rows) else []
    return [
        f"<details><summary>{plural(len(failures), 'failure')}</summary>\n",
        *rows,
        *more,
        "\n</details>\n",
    ]


def _place(failure: Failure) -> str:
    return f"{failure.file}:{failure.line}" if failure.line else failure.file


def stop_comment(
    record: Record, state: RunState, reason: str, *, approval: bool = False
) -> Desired | None:
    """Return the comment that says why a run stopped, what is kept and what goes on from here.

    `approval` says that plans wait for a person's.
    """
    if state not in RESUMABLE:
        return None
    heading = {
        RunState.BLOCKED: "A person is needed",
        RunState.WAITING: "The plans wait for your approval" if approval else "Waiting",
        RunState.FAILED: "Phaseline itself failed",
    }[state]
    awaited = Awaited.APPROVAL if approval else None
    text = (
        f"### {heading}\n\n{prose(reason)}\n\n**Kept:** {kept(record)}\n\n"
        f"**From here:** {choices(record, state, awaited)}\n"
    )
    return _comment(f"stop/{record.run.segment}", Place.ISSUE, cut(text, LIMIT))


def kept(record: Record) -> str:
    """Return what a stopped run has, as a sentence."""
    settled = sum(1 for work in record.works if work.accepted)
    commits = len(record.commits)
    branch = f" on the branch `{record.run.branch}`" if record.run.branch else ""
    return f"{plural(settled, 'finished step')}, {plural(commits, 'commit')}{branch}."


def choices(record: Record, state: RunState, awaited: Awaited | None) -> str:
    """Return the commands that work in a state, as prose."""
    cancel = "`/phaseline cancel` to end the run and keep its branch."
    if awaited is Awaited.APPROVAL:
        return (
            "comment `/phaseline approve` to have the plans built, `/phaseline revise <text>` to "
            f"have them revised, or {cancel}"
        )
    if awaited is Awaited.RESUME:
        return f"comment `/phaseline resume` to go on (or set the label again), or {cancel}"
    if state in RESUMABLE:
        return f"comment {_ways_on(record)}or {cancel}"
    if state in {RunState.QUEUED, RunState.RUNNING}:
        return f"comment `/phaseline pause` to let it stand still, or {cancel}"
    if state is RunState.CANCELLED:
        return "comment `/phaseline resume` to go on with it, or set the label again to start anew."
    return "set the label again to start a new run."


def _ways_on(record: Record) -> str:
    budget = "`/phaseline budget <usd>` to let the run spend more and go on, "
    if record.spent_usd >= record.run.limit_usd:
        return budget
    ways = "`/phaseline retry` to try the step that stopped once more (or set the label again), "
    if record.spent_usd >= SHORT_OF_MONEY * record.run.limit_usd:
        ways += budget
    if record.in_phase(PhaseName.PLANNING):
        ways += "`/phaseline revise <text>` to have the plans revised, "
    return ways


def lost_comment(repository: Repository) -> Desired:
    """Return the comment on an issue whose run the database does not know any more."""
    text = (
        "### The run of this issue is not known here\n\nThe tracker above is ours, but the "
        "database of this service has no run that belongs to it: it was lost, or put back from an "
        "older copy. Nothing is started by itself, and what stands on the branch is kept.\n\n"
        f"**From here:** whoever operates Phaseline runs `phaseline recover --repository "
        f"{repository.full_name}`, and the run goes on where it stood; or somebody sets the label "
        "again, to start anew.\n"
    )
    return _comment("lost", Place.ISSUE, text)


def ready_comment(run: Run) -> Desired:
    """Return the one comment that mentions a person: the labeller, asked for review."""
    text = f"@{run.labeller.login} every gate has passed: this is ready for your review.\n"
    return _comment("ready", Place.PULL_REQUEST, text)


def review_request(run: Run) -> Desired:
    """Return the request for the labeller's review."""
    return Desired(
        key="review-request",
        kind=OutwardKind.REVIEW_REQUEST,
        place=Place.PULL_REQUEST,
        text=run.labeller.login,
    )
