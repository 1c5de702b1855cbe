"""What the demo tells of a run while it goes on."""

from app.cli.demo.progress import news
from app.cli.demo.seen import Seen
from tests.app.cli.demo.runs import moment, receipt, seen, step


def told(before: Seen | None, now: Seen) -> list[str]:
    return [f"{line.tone}: {line.text}" for line in news(before, now)]


def test_a_step_is_told_when_it_starts_and_when_it_ends() -> None:
    begun = seen(step("architect", "planning", 6, None, title="Plan the system"))
    ended = seen(
        step("architect", "planning", 6, 9, artifact={"name": "system-plan.md"}, cost_usd=0.031)
    )

    assert told(None, begun) == ["heading: Planning", "begun: architect: Plan the system"]
    assert told(begun, ended) == ["good: architect · system-plan.md · 3.0 s · $0.03"]
    assert told(ended, ended) == []


def test_steps_side_by_side_are_told_in_the_order_of_time_under_one_heading() -> None:
    now = seen(step("ui-designer", "planning", 6, 9), step("architect", "planning", 7, 8))

    assert told(None, now) == [
        "heading: Planning",
        "begun: ui-designer",
        "begun: architect",
        "good: architect · 1.0 s",
        "good: ui-designer · 3.0 s",
    ]


def test_a_new_phase_gets_its_heading_once() -> None:
    before = seen(step("architect", "planning", 1, 2))
    now = seen(
        step("architect", "planning", 1, 2), step("backend-developer", "implementation", 3, None)
    )

    assert told(before, now) == ["heading: Implementation", "begun: backend-developer"]


def test_phases_that_overlap_do_not_repeat_their_headings() -> None:
    before = seen(step("baseline", "initialization", 1, None), step("architect", "planning", 2, 3))
    now = seen(step("baseline", "initialization", 1, 4), step("architect", "planning", 2, 3))

    assert told(before, now) == ["good: baseline · 3.0 s"]


def test_red_checks_are_told_one_by_one() -> None:
    receipts = [
        receipt("backend types", "failed", failed=2),
        receipt("backend tests", "passed", passed=12),
        receipt("frontend lint", "did_not_run", reason="no command is configured"),
    ]
    before = seen(step("checks", "qa", 1, None))
    now = seen(step("checks", "qa", 1, 3), receipts=receipts)

    assert told(before, now) == [
        "bad: checks · 2.0 s",
        "bad: backend types: 2 found",
        "good: backend tests: 12 passed",
        "plain: frontend lint: did not run (no command is configured)",
    ]


def test_what_the_service_does_itself_is_told_by_its_title() -> None:
    begun = step("flip", "ready", 1, None, who="service", title="Mark it ready", round=2)

    assert told(None, seen(begun))[1:] == ["begun: Mark it ready (round 2)"]
    assert told(seen(begun), seen({**begun, "outcome": "done", "ended": moment(2)})) == [
        "good: Mark it ready (round 2) · 1.0 s"
    ]


def test_what_an_agent_says_of_its_work_stands_below_it() -> None:
    now = seen(step("architect", "planning", 1, 2, reason="One table is enough."))

    assert told(None, now)[-2:] == ["good: architect · 1.0 s", "said: One table is enough."]


def test_rounds_attempts_outcomes_and_notes_are_named() -> None:
    before = seen(step("ui-designer", "planning", 1, None, round=2, attempt=2))
    now = seen(
        step(
            "ui-designer", "planning", 1, 2, round=2, attempt=2,
            outcome="no_output", reason="submit was refused three times", notes=["sent back"],
        ),
        notes=["the issue was edited since"],
    )  # fmt: skip

    assert told(before, now) == [
        "bad: ui-designer (round 2) (attempt 2) · no output · 1.0 s",
        "note: sent back",
        "note: submit was refused three times",
        "note: the issue was edited since",
    ]


def test_a_commit_is_named_by_its_beginning() -> None:
    now = seen(step("backend-developer", "implementation", 1, 2, commit="0123456789abcdef"))

    assert told(None, now)[-1] == "good: backend-developer · commit 0123456 · 1.0 s"


def test_nothing_to_change_is_neither_good_nor_bad() -> None:
    now = seen(step("code-simplifier", "implementation", 1, 2, outcome="no_change"))

    assert told(None, now)[-1] == "plain: code-simplifier · no change · 1.0 s"
