"""The tracker's whole text when a run has stopped and a person is needed."""

from dataclasses import replace

from inline_snapshot import snapshot

from phases.core.machine import RunState
from phases.core.model import StepOutcome
from tests.phases.recorded import BUILT, FREEZE, SPEC, shown


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
