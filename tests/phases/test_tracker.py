"""The tracker's whole text in each state of the machine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from inline_snapshot import snapshot

from phases.core.comments import receipts_comment
from phases.core.description import description
from phases.core.machine import RunState
from phases.core.model import (
    Artifact,
    Base,
    Commit,
    Person,
    Places,
    PullRequest,
    Repository,
    Request,
    Run,
    StepOutcome,
)
from phases.core.receipts import CheckKind, CheckStatus
from phases.core.record import Note, Passage, Performed, Record
from phases.core.submission import Outcome, Submission, Weight
from phases.core.tracker import tracker
from phases.core.work import PhaseName, WorkName
from phases.pipeline import standard_pipeline
from tests.fakes.outside import receipt, sha

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PHASES = standard_pipeline().phases


def at(seconds: int) -> datetime:
    return NINE + timedelta(seconds=seconds)


def run(state: RunState, **fields: object) -> Run:
    made = Run(
        id="0" * 32,
        repository=Repository(11, "acme", "widgets", 5, "main"),
        issue=3,
        number=1,
        labeller=Person(101, "maintainer"),
        state=state,
        segment=1,
        created_at=NINE,
        limit_usd=Decimal(15),
        request=Request("Add a search box", "Please.", "reader", (), NINE),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def work(name: str, title: str, start: int, end: int | None = None, **fields: object) -> Performed:
    made = Performed(
        name=WorkName.parse(name),
        title=title,
        attempt=1,
        started_at=at(start),
        ended_at=None if end is None else at(end),
        outcome=None if end is None else StepOutcome.DONE,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


SPEC = work(
    "initialization/project-manager/1",
    "Write the specification",
    2,
    40,
    model="claude-sonnet-5-5",
    cost_usd=Decimal("0.1234"),
    artifact=Artifact("pm-spec.md", "## Summary", "a" * 64),
    submission=Submission(Outcome.DONE, "", "two requirements", weight=Weight.STANDARD),
    url="https://github.com/acme/widgets/issues/3#issuecomment-1",
)
FREEZE = work(
    "initialization/freeze/1",
    "Freeze the request and the base commit",
    0,
    2,
    detail=f"`main` at {sha('base')[:10]}",
)
BUILT = work(
    "implementation/backend-developer/1",
    "Build the back end",
    130,
    230,
    cost_usd=Decimal("1.5"),
    artifact=Artifact("backend-implementation.md", "## What changed", "b" * 64),
    commit=Commit(sha("built"), sha("tree"), "feat: search", ("back/a.py",), 30, 2),
    notes=(Note(at(200), "Sent back: `front/a.ts` was put back: it lies outside your scope."),),
)
CHECKED = work(
    "qa/checks/1",
    "Run every check on the head commit",
    240,
    250,
    receipts=(receipt(sha("built"), CheckKind.TESTS),),
    detail="1 passed",
    url="https://github.com/acme/widgets/pull/4#issuecomment-9",
)
DRAFT = PullRequest(4, "PR_4", "https://github.com/acme/widgets/pull/4", True)
STARTED = {
    "started_at": NINE,
    "branch": "phaseline/3-add-a-search-box",
    "head": sha("built"),
    "pull_request": DRAFT,
    "base": Base(sha("base"), "main", Places(backend=("/back/",))),
}
ENTERED = Passage(PhaseName.INITIALIZATION, at(0), at(41))
BUILDING = Passage(PhaseName.IMPLEMENTATION, at(130), None)


def shown(state: RunState, *works: Performed, **fields: object) -> str:
    record = Record(
        run(state, **{**STARTED, **fields}),
        works,
        (ENTERED, Passage(PhaseName.PLANNING, at(41), at(130)), BUILDING),
        sum((w.cost_usd for w in works), Decimal(0)),
    )
    return tracker(record, PHASES)


def test_a_queued_run_says_that_it_starts_by_itself() -> None:
    assert tracker(Record(run(RunState.QUEUED)), PHASES) == snapshot("""\
## Phaseline · 🕒 queued

The run waits for a free worker; it starts by itself.

**Money** $0.00 of $15.00

### ⬜ Initialization

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Freeze the request and the base commit | service | | | |
| ⬜ | Write the specification | project-manager | | | |
| ⬜ | Prepare the environment | service | | | |
| ⬜ | Open the branch and the draft pull request | service | | | |

### ⬜ Planning

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Plan the design | ui-designer | | | |
| ⬜ | Plan the system | architect | | | |
| ⬜ | Plan the tests | test-writer | | | |
| ⬜ | Run every check on the base commit | service | | | |
| ⬜ | Review the plans | product-manager | | | |

### ⬜ Implementation

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Build the back end | backend-developer | | | |
| ⬜ | Build the front end | frontend-developer | | | |
| ⬜ | Optimize what was changed | code-optimizer | | | |
| ⬜ | Simplify what was changed | code-simplifier | | | |

### ⬜ Quality assurance

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Write the tests | test-writer | | | |
| ⬜ | Run every check on the head commit | service | | | |
| ⬜ | Repair style | quality-checker | | | |
| ⬜ | Review the change | code-reviewer | | | |
| ⬜ | Update the documents | documentation-expert | | | |

### ⬜ Ready for review

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Sum up the delivery | project-manager | | | |
| ⬜ | Describe the pull request | service | | | |
| ⬜ | Mark the pull request ready for review | service | | | |

**What happens next:** initialization, then planning, then implementation, then quality assurance, then ready for review. Nothing is asked of you until then.

<sub>Run 1 of this issue · asked for by maintainer · commands: `/phaseline pause`, `/phaseline skip <step>`, `/phaseline status`, `/phaseline cancel`, `/phaseline help`</sub>
""")


def test_a_running_run_says_who_is_at_work_and_what_is_still_to_come() -> None:
    busy = work("implementation/frontend-developer/1", "Build the front end", 231)

    assert shown(RunState.RUNNING, FREEZE, SPEC, BUILT, busy) == snapshot("""\
## Phaseline · 🔵 running

In phase 3 of 5, implementation. **frontend-developer**: build the front end.

**Money** $1.62 of $15.00 · **Started** 2026-03-02 09:00 UTC · **Pull request** #4 (draft) · **Branch** `phaseline/3-add-a-search-box` · **Head** 353c847ec3 · **Weight** standard

### ✅ Initialization · 41 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Freeze the request and the base commit | service | `main` at 1405df66cb | 2 s |  |
| ✅ | Write the specification | project-manager | [pm-spec.md](https://github.com/acme/widgets/issues/3#issuecomment-1) | 38 s | $0.12 |

### ✅ Planning · 1 min 29 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|

### 🔵 Implementation

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Build the back end | backend-developer | backend-implementation.md 353c847ec3 <br>↩️ Sent back: `front/a.ts` was put back: it lies outside your scope. | 1 min 40 s | $1.50 |
| 🔵 | Build the front end | frontend-developer |  |  |  |
| ⬜ | Optimize what was changed | code-optimizer | | | |
| ⬜ | Simplify what was changed | code-simplifier | | | |

### ⬜ Quality assurance

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Write the tests | test-writer | | | |
| ⬜ | Run every check on the head commit | service | | | |
| ⬜ | Repair style | quality-checker | | | |
| ⬜ | Review the change | code-reviewer | | | |
| ⬜ | Update the documents | documentation-expert | | | |

### ⬜ Ready for review

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Sum up the delivery | project-manager | | | |
| ⬜ | Describe the pull request | service | | | |
| ⬜ | Mark the pull request ready for review | service | | | |

**What happens next:** implementation, then quality assurance, then ready for review. Nothing is asked of you until then.

<sub>Run 1 of this issue · asked for by maintainer · commands: `/phaseline pause`, `/phaseline skip <step>`, `/phaseline status`, `/phaseline cancel`, `/phaseline help`</sub>
""")


def test_a_waiting_run_says_that_nothing_is_wrong() -> None:
    reason = "the model API did not answer for 7 tries"

    assert shown(RunState.WAITING, FREEZE, SPEC, reason=reason) == snapshot("""\
## Phaseline · 🟡 waiting

Nothing is wrong; the run goes on by itself.

> the model API did not answer for 7 tries

**Money** $0.12 of $15.00 · **Started** 2026-03-02 09:00 UTC · **Pull request** #4 (draft) · **Branch** `phaseline/3-add-a-search-box` · **Head** 353c847ec3 · **Weight** standard

### ✅ Initialization · 41 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Freeze the request and the base commit | service | `main` at 1405df66cb | 2 s |  |
| ✅ | Write the specification | project-manager | [pm-spec.md](https://github.com/acme/widgets/issues/3#issuecomment-1) | 38 s | $0.12 |

### ✅ Planning · 1 min 29 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|

### 🟡 Implementation

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Build the back end | backend-developer | | | |
| ⬜ | Build the front end | frontend-developer | | | |
| ⬜ | Optimize what was changed | code-optimizer | | | |
| ⬜ | Simplify what was changed | code-simplifier | | | |

### ⬜ Quality assurance

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Write the tests | test-writer | | | |
| ⬜ | Run every check on the head commit | service | | | |
| ⬜ | Repair style | quality-checker | | | |
| ⬜ | Review the change | code-reviewer | | | |
| ⬜ | Update the documents | documentation-expert | | | |

### ⬜ Ready for review

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Sum up the delivery | project-manager | | | |
| ⬜ | Describe the pull request | service | | | |
| ⬜ | Mark the pull request ready for review | service | | | |

**What happens next:** the run goes on by itself as soon as it can. You may also comment `/phaseline retry` to try the step that stopped once more (or set the label again), or `/phaseline cancel` to end the run and keep its branch.

<sub>Run 1 of this issue · asked for by maintainer · commands: `/phaseline retry`, `/phaseline skip <step>`, `/phaseline status`, `/phaseline cancel`, `/phaseline help`</sub>
""")


def test_a_blocked_run_says_what_happened_what_is_kept_and_what_goes_on() -> None:
    failed = replace(
        BUILT,
        outcome=StepOutcome.NO_OUTPUT,
        reason="prose instead of submit",
        commit=None,
        artifact=None,
        attempt=2,
    )
    reason = "backend-developer did not deliver backend-implementation.md in 2 attempts."

    assert shown(RunState.BLOCKED, FREEZE, SPEC, failed, reason=reason) == snapshot("""\
## Phaseline · 🔴 blocked

A person is needed.

> backend-developer did not deliver backend-implementation.md in 2 attempts.

Kept: 2 finished steps, 0 commits on the branch `phaseline/3-add-a-search-box`.

**Money** $1.62 of $15.00 · **Started** 2026-03-02 09:00 UTC · **Pull request** #4 (draft) · **Branch** `phaseline/3-add-a-search-box` · **Head** 353c847ec3 · **Weight** standard

### ✅ Initialization · 41 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Freeze the request and the base commit | service | `main` at 1405df66cb | 2 s |  |
| ✅ | Write the specification | project-manager | [pm-spec.md](https://github.com/acme/widgets/issues/3#issuecomment-1) | 38 s | $0.12 |

### ✅ Planning · 1 min 29 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|

### 🔴 Implementation

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| 🔴 | Build the back end, attempt 2 | backend-developer | no output: prose instead of submit <br>↩️ Sent back: `front/a.ts` was put back: it lies outside your scope. | 1 min 40 s | $1.50 |
| ⬜ | Build the front end | frontend-developer | | | |
| ⬜ | Optimize what was changed | code-optimizer | | | |
| ⬜ | Simplify what was changed | code-simplifier | | | |

### ⬜ Quality assurance

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Write the tests | test-writer | | | |
| ⬜ | Run every check on the head commit | service | | | |
| ⬜ | Repair style | quality-checker | | | |
| ⬜ | Review the change | code-reviewer | | | |
| ⬜ | Update the documents | documentation-expert | | | |

### ⬜ Ready for review

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Sum up the delivery | project-manager | | | |
| ⬜ | Describe the pull request | service | | | |
| ⬜ | Mark the pull request ready for review | service | | | |

**What happens next:** comment `/phaseline retry` to try the step that stopped once more (or set the label again), or `/phaseline cancel` to end the run and keep its branch.

<sub>Run 1 of this issue · asked for by maintainer · commands: `/phaseline retry`, `/phaseline skip <step>`, `/phaseline status`, `/phaseline cancel`, `/phaseline help`</sub>
""")


def test_a_ready_run_asks_for_the_review() -> None:
    ready = replace(DRAFT, draft=False)

    text = shown(
        RunState.READY, FREEZE, SPEC, BUILT, CHECKED, pull_request=ready, ended_at=at(3_725)
    )

    assert text == snapshot("""\
## Phaseline · 🟢 ready for review

Every gate has passed. Pull request #4 waits for your review.

**Money** $1.62 of $15.00 · **Started** 2026-03-02 09:00 UTC · took 1 h 2 min · **Pull request** #4 (ready) · **Branch** `phaseline/3-add-a-search-box` · **Head** 353c847ec3 · **Weight** standard

### ✅ Initialization · 41 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Freeze the request and the base commit | service | `main` at 1405df66cb | 2 s |  |
| ✅ | Write the specification | project-manager | [pm-spec.md](https://github.com/acme/widgets/issues/3#issuecomment-1) | 38 s | $0.12 |

### ✅ Planning · 1 min 29 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|

### 🔵 Implementation

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Build the back end | backend-developer | backend-implementation.md 353c847ec3 <br>↩️ Sent back: `front/a.ts` was put back: it lies outside your scope. | 1 min 40 s | $1.50 |
| ⬜ | Build the front end | frontend-developer | | | |
| ⬜ | Optimize what was changed | code-optimizer | | | |
| ⬜ | Simplify what was changed | code-simplifier | | | |

### ⬜ Quality assurance

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Run every check on the head commit | service | [1 passed](https://github.com/acme/widgets/pull/4#issuecomment-9) | 10 s |  |
| ⬜ | Write the tests | test-writer | | | |
| ⬜ | Repair style | quality-checker | | | |
| ⬜ | Review the change | code-reviewer | | | |
| ⬜ | Update the documents | documentation-expert | | | |

### ⬜ Ready for review

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Sum up the delivery | project-manager | | | |
| ⬜ | Describe the pull request | service | | | |
| ⬜ | Mark the pull request ready for review | service | | | |

**What happens next:** review the pull request. Merging it closes this issue.

<sub>Run 1 of this issue · asked for by maintainer · commands: `/phaseline status`, `/phaseline help`</sub>
""")


def test_a_cancelled_run_says_who_ended_it_and_that_the_branch_is_kept() -> None:
    reason = "maintainer asked for it by `/phaseline cancel`."

    assert shown(RunState.CANCELLED, FREEZE, SPEC, BUILT, reason=reason) == snapshot("""\
## Phaseline · ⚪ cancelled

Ended: maintainer asked for it by `/phaseline cancel`. Kept: 3 finished steps, 1 commit on the branch `phaseline/3-add-a-search-box`.

**Money** $1.62 of $15.00 · **Started** 2026-03-02 09:00 UTC · **Pull request** #4 (draft) · **Branch** `phaseline/3-add-a-search-box` · **Head** 353c847ec3 · **Weight** standard

### ✅ Initialization · 41 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Freeze the request and the base commit | service | `main` at 1405df66cb | 2 s |  |
| ✅ | Write the specification | project-manager | [pm-spec.md](https://github.com/acme/widgets/issues/3#issuecomment-1) | 38 s | $0.12 |

### ✅ Planning · 1 min 29 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|

### ⚪ Implementation

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Build the back end | backend-developer | backend-implementation.md 353c847ec3 <br>↩️ Sent back: `front/a.ts` was put back: it lies outside your scope. | 1 min 40 s | $1.50 |
| ⬜ | Build the front end | frontend-developer | | | |
| ⬜ | Optimize what was changed | code-optimizer | | | |
| ⬜ | Simplify what was changed | code-simplifier | | | |

### ⬜ Quality assurance

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Write the tests | test-writer | | | |
| ⬜ | Run every check on the head commit | service | | | |
| ⬜ | Repair style | quality-checker | | | |
| ⬜ | Review the change | code-reviewer | | | |
| ⬜ | Update the documents | documentation-expert | | | |

### ⬜ Ready for review

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Sum up the delivery | project-manager | | | |
| ⬜ | Describe the pull request | service | | | |
| ⬜ | Mark the pull request ready for review | service | | | |

**What happens next:** comment `/phaseline resume` to go on with it, or set the label again to start anew.

<sub>Run 1 of this issue · asked for by maintainer · commands: `/phaseline resume`, `/phaseline status`, `/phaseline help`</sub>
""")


def test_a_failed_run_says_that_it_is_our_defect() -> None:
    reason = "KeyError in implementation/backend-developer/1; the log has the rest"

    assert shown(RunState.FAILED, FREEZE, SPEC, reason=reason) == snapshot("""\
## Phaseline · 🔴 failed

Phaseline itself failed.

> KeyError in implementation/backend-developer/1; the log has the rest

Kept: 2 finished steps, 0 commits on the branch `phaseline/3-add-a-search-box`.

**Money** $0.12 of $15.00 · **Started** 2026-03-02 09:00 UTC · **Pull request** #4 (draft) · **Branch** `phaseline/3-add-a-search-box` · **Head** 353c847ec3 · **Weight** standard

### ✅ Initialization · 41 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Freeze the request and the base commit | service | `main` at 1405df66cb | 2 s |  |
| ✅ | Write the specification | project-manager | [pm-spec.md](https://github.com/acme/widgets/issues/3#issuecomment-1) | 38 s | $0.12 |

### ✅ Planning · 1 min 29 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|

### 🔴 Implementation

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Build the back end | backend-developer | | | |
| ⬜ | Build the front end | frontend-developer | | | |
| ⬜ | Optimize what was changed | code-optimizer | | | |
| ⬜ | Simplify what was changed | code-simplifier | | | |

### ⬜ Quality assurance

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Write the tests | test-writer | | | |
| ⬜ | Run every check on the head commit | service | | | |
| ⬜ | Repair style | quality-checker | | | |
| ⬜ | Review the change | code-reviewer | | | |
| ⬜ | Update the documents | documentation-expert | | | |

### ⬜ Ready for review

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Sum up the delivery | project-manager | | | |
| ⬜ | Describe the pull request | service | | | |
| ⬜ | Mark the pull request ready for review | service | | | |

**What happens next:** comment `/phaseline retry` to try the step that stopped once more (or set the label again), or `/phaseline cancel` to end the run and keep its branch.

<sub>Run 1 of this issue · asked for by maintainer · commands: `/phaseline retry`, `/phaseline skip <step>`, `/phaseline status`, `/phaseline cancel`, `/phaseline help`</sub>
""")


def test_a_closed_run_says_why_it_is_over() -> None:
    reason = "the pull request was merged by maintainer."

    assert shown(RunState.CLOSED, FREEZE, SPEC, BUILT, CHECKED, reason=reason) == snapshot("""\
## Phaseline · ⚪ closed

Over: the pull request was merged by maintainer.

**Money** $1.62 of $15.00 · **Started** 2026-03-02 09:00 UTC · **Pull request** #4 (draft) · **Branch** `phaseline/3-add-a-search-box` · **Head** 353c847ec3 · **Weight** standard

### ✅ Initialization · 41 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Freeze the request and the base commit | service | `main` at 1405df66cb | 2 s |  |
| ✅ | Write the specification | project-manager | [pm-spec.md](https://github.com/acme/widgets/issues/3#issuecomment-1) | 38 s | $0.12 |

### ✅ Planning · 1 min 29 s

| | step | who | result | took | cost |
|---|---|---|---|---|---|

### ⚪ Implementation

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Build the back end | backend-developer | backend-implementation.md 353c847ec3 <br>↩️ Sent back: `front/a.ts` was put back: it lies outside your scope. | 1 min 40 s | $1.50 |
| ⬜ | Build the front end | frontend-developer | | | |
| ⬜ | Optimize what was changed | code-optimizer | | | |
| ⬜ | Simplify what was changed | code-simplifier | | | |

### ⬜ Quality assurance

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ✅ | Run every check on the head commit | service | [1 passed](https://github.com/acme/widgets/pull/4#issuecomment-9) | 10 s |  |
| ⬜ | Write the tests | test-writer | | | |
| ⬜ | Repair style | quality-checker | | | |
| ⬜ | Review the change | code-reviewer | | | |
| ⬜ | Update the documents | documentation-expert | | | |

### ⬜ Ready for review

| | step | who | result | took | cost |
|---|---|---|---|---|---|
| ⬜ | Sum up the delivery | project-manager | | | |
| ⬜ | Describe the pull request | service | | | |
| ⬜ | Mark the pull request ready for review | service | | | |

**What happens next:** nothing.

<sub>Run 1 of this issue · asked for by maintainer · commands: `/phaseline status`, `/phaseline help`</sub>
""")


@pytest.mark.parametrize(
    "hostile",
    ["@everyone look", "fixes #1", "<img src=x>", "![x](https://e.invalid/)", "a\u202eb"],
)
def test_text_of_others_has_no_effect_in_the_tracker(hostile: str) -> None:
    noted = replace(SPEC, notes=(Note(at(3), f"Sent back: {hostile}"),))

    text = shown(RunState.BLOCKED, noted, reason=hostile)

    assert hostile not in text


def test_no_line_of_the_tracker_is_a_command_of_another_bot() -> None:
    text = shown(RunState.CANCELLED, SPEC, reason="/merge\n\n/close")

    assert not any(line.startswith("/") and line[1:2].isalpha() for line in text.split("\n"))


def test_a_cell_of_the_tables_holds_its_text_in_one_line() -> None:
    noted = replace(SPEC, notes=(Note(at(3), "one\n| two | three |\n\n# four"),))

    rows = [line for line in shown(RunState.RUNNING, noted).split("\n") if "two" in line]

    assert len(rows) == 1
    assert rows[0].count(" | ") == 5


def test_checks_that_found_failures_look_red_though_their_work_is_done() -> None:
    (green,) = CHECKED.receipts
    red = replace(CHECKED, receipts=(replace(green, status=CheckStatus.FAILED),))

    assert "| ❌ | Run every check on the head commit |" in shown(RunState.RUNNING, red)
    assert "| ✅ | Run every check on the head commit |" in shown(RunState.RUNNING, CHECKED)


def test_the_description_says_what_the_team_took_and_spent() -> None:
    record = Record(run(RunState.RUNNING, **STARTED), (SPEC, BUILT), (), Decimal("1.62"))

    assert "The team took 3 min 50 s and spent $1.62 of $15.00." in description(record, (), "")


def test_what_happens_next_is_no_part_of_the_notes() -> None:
    record = Record(run(RunState.RUNNING), notes=(Note(at(5), "The issue was edited."),))

    assert "The issue was edited.\n\n**What happens next:**" in tracker(record, PHASES)


def test_of_several_rounds_of_checks_the_newest_comes_first_and_lies_open() -> None:
    again = replace(CHECKED, name=WorkName.parse("qa/checks/2"))
    record = Record(run(RunState.RUNNING), (CHECKED, again))

    text = receipts_comment(record, PhaseName.QA).text

    at_commit = f"at {sha('built')[:10]}: 1 passed"
    newest, _, earlier = text.partition("<details>")
    assert f"head commit\n\n**Round 2 {at_commit}**\n\n| check |" in newest
    assert earlier.startswith(f"<summary>Round 1 {at_commit}</summary>\n\n| check |")


@pytest.mark.parametrize(
    ("state", "sign"),
    [(RunState.RUNNING, "🔵"), (RunState.WAITING, "🟡"), (RunState.CANCELLED, "⚪")],
)
def test_what_was_begun_is_at_work_only_while_the_run_is(state: RunState, sign: str) -> None:
    begun = work("implementation/backend-developer/1", "Build the back end", 130)

    assert f"| {sign} | Build the back end |" in shown(state, begun)


def test_a_weight_that_the_specification_names_is_its_opinion() -> None:
    assert SPEC.submission
    judged = replace(SPEC, submission=replace(SPEC.submission, weight=Weight.LIGHT))

    text = shown(RunState.RUNNING, judged)

    assert "**Weight** standard; the specification calls the change light\n" in text


@pytest.mark.parametrize(("limit", "offered"), [(15, False), (1, True)])
def test_a_run_that_is_short_of_money_names_what_raises_its_limit(
    limit: int, *, offered: bool
) -> None:
    text = shown(RunState.BLOCKED, BUILT, reason="It stopped.", limit_usd=Decimal(limit))

    assert ("`/phaseline budget <usd>` to let the run spend more and go on, or" in text) is offered


def test_what_took_no_second_took_less_than_one() -> None:
    assert "| <1 s |" in shown(RunState.RUNNING, work("planning/architect/1", "Plan", 5, 5))


def test_a_long_reason_is_clipped_with_a_sign_that_it_was() -> None:
    failed = replace(BUILT, outcome=StepOutcome.INFRA_ERROR, reason="x" * 500, artifact=None)

    assert f"infra error: {'x' * 399}… |" in shown(RunState.BLOCKED, replace(failed, notes=()))
