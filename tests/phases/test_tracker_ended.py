"""The tracker's whole text when a run's work has ended: ready, cancelled, closed."""

from dataclasses import replace

from inline_snapshot import snapshot

from phases.core.machine import RunState
from tests.phases.recorded import BUILT, CHECKED, DRAFT, FREEZE, SPEC, at, shown


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
