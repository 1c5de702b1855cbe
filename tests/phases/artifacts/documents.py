"""A valid document of every kind of artifact, and the facts that they agree with."""

from collections.abc import Callable

from phases.core.artifacts import Facts, refusals

CASES = """| id | requirement | level | given | when | then |
|---|---|---|---|---|---|
| T1 | R1 | unit | an item | it is archived | it is gone |
| T2 | R2 | api | no item | one is archived | 404 |
"""

FACTS = Facts(
    requirements=("R1", "R2"),
    test_plan=f"## Cases\n\n{CASES}",
    reviewed=("system-plan.md",),
    sources=("12 passed in 3.5 s", "1,234 rows"),
    exists=lambda path, line: path in {"src/store.py", "tests/test_store.py"} and (line or 1) <= 40,
    verdict="changes_requested",
    findings=("F1",),
)

VALID = {
    "pm-spec.md": """## Summary
Items can be archived.
## Requirements
- R1: archive. Accepted when the list is shorter.
- R2: refuse the unknown.
## Out of scope
Bulk.
## Open questions
None.
## Existing behaviour
`src/store.py:12` lists items.
""",
    "design-plan.md": """## Flows
Open, archive.
## Screens and states
Empty: a hint. Loading: grey rows. Error: a message.
## Components by name
- `ItemRow`
## Accessibility
Reachable by keyboard.
## Covers
R1, R2
""",
    "system-plan.md": """## Data
| field | type |
|---|---|
| archived_at | timestamp |
## Relationships
None: one entity.
## Operations
- archive: input the id, output the item, errors 404
## Rules
- once
## Existing patterns followed
- `src/store.py:12-30`
## New dependencies
None.
## Migration
One column.
## Risks
None.
## Covers
R1-R2
""",
    "test-plan.md": f"""## Cases
{CASES}
## Data
None.
## Not tested
None.
## Covers
R1, R2
""",
    "plan-review.md": """## system-plan.md
Approved: complete.
## Conflicts between the plans
None.
""",
    "backend-implementation.md": """## What changed
The store.
## Decisions
None.
## Interfaces
GET /items.
## Deviations from the plan
None.
## How to verify
Run the tests.
## Covers
R1, R2
""",
    "optimization-report.md": """## Changes with reason
One query instead of many.
## What was left and why
None.
""",
    "test-report.md": """## Case -> test
| case | test |
|---|---|
| T1 | `tests/test_store.py`: test_archive |
## Gaps
T2: no way to make it fail.
""",
    "quality-report.md": "## Repaired\nNone.\n## Pre-existing\nNone.\n## Left and why\nNone.\n",
    "review-report.md": """## Verdict
Changes requested.
## Findings
- F1, blocking, `src/store.py:9`: the list keeps what was archived.
## Requirements met
- R1: not yet, F1.
- R2: `src/store.py:12`.
""",
    "documentation-report.md": "## Changed\nREADME.\n## Checked against code\n`src/store.py:12`.\n",
    "merge-report.md": "## Conflicts resolved\nOne.\n## What to look at\nNone.\n",
    "diagnosis.md": """## Summary
Off by one.
## Reproduction
Run it.
## Root cause
`src/store.py:30` starts at one.
## Fix
Start at zero.
## Owner
backend-developer
""",
    "delivery-summary.md": """## What and why
Items can be archived (R1).
## How verified
12 passed in 3.5 s; 1,234 rows.
## Look here first
src/store.py:7 and #44
## Known limits
None.
""",
}
VALID["frontend-implementation.md"] = VALID["backend-implementation.md"]
VALID["simplification-report.md"] = VALID["optimization-report.md"]


def only_refusal(name: str, change: Callable[[str], str], facts: Facts = FACTS) -> str:
    found = refusals(name, change(VALID[name]), facts)
    assert len(found) == 1
    return found[0]
