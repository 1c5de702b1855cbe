"""The tracker's whole text while a run goes on, or will go on, by itself."""

from inline_snapshot import snapshot

from phases.core.machine import RunState
from phases.core.record import Record
from phases.core.tracker import tracker
from tests.phases.recorded import BUILT, FREEZE, PHASES, SPEC, run, shown, work


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
