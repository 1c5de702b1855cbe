"""Agents that do not deliver what was asked: sent back, put back, tried again, and said so."""

from pathlib import Path
from typing import Any

from tests.acceptance.scripts import ARCHITECT, DEVELOPER, Script, bash, submit_of, with_a_class
from tests.world import World

REVIEWER = "planning/product-manager/1"


def test_a_developer_that_answers_in_prose_is_reminded_and_then_replaced_a_tier_up(
    shared_world: World, tmp_path: Path
) -> None:
    script = Script()
    prose = [{"say": "It is done."}, {"say": "Really.", "expect": "submit"}, {"say": "Believe me."}]
    script.set(DEVELOPER, {"attempts": {1: prose, 2: script.turns(DEVELOPER)}})
    shared_world.play(script.write(tmp_path / "script"))

    story = shared_world.label_issue()
    run = story.run_until("ready")

    asked = [entry for entry in story.requests_of_claude() if entry["step"] == DEVELOPER]
    models = {entry["attempt"]: entry["model"] for entry in asked}
    assert [entry["turn"] for entry in asked if entry["attempt"] == 1] == [1, 2, 3]
    assert "sonnet" in models[1]
    assert "opus" in models[2]
    assert story.steps(run)[DEVELOPER]["attempt"] == 2
    assert "attempt 2" in story.tracker()


def test_a_planner_that_writes_a_class_is_sent_back_and_the_tracker_says_so(
    shared_world: World, tmp_path: Path
) -> None:
    shared_world.play(with_a_class(Script()).write(tmp_path / "script"))

    story = shared_world.label_issue()
    story.run_until("ready")

    assert "Sent back" in story.tracker()
    plans = [c["body"] for c in story.comments() if "system-plan.md · architect" in c["body"]]
    assert len(plans) == 1
    assert "class Duration" not in plans[0]


def test_a_plan_that_is_sent_back_is_revised_in_the_conversation_that_made_it(
    shared_world: World, tmp_path: Path
) -> None:
    script = Script()
    review, plan = script.turns(REVIEWER), script.turns(ARCHITECT)
    again = {**review[-1], "tools": [{"submit": _that_sends_back(submit_of(review))}]}
    text = script.artifact("system-plan.md").replace("would notice", "would notice at once")
    revised = submit_of(plan) | {"artifact": text}
    script.set(REVIEWER, [*review[:-1], again]).set("planning/product-manager/2", review)
    script.set(
        "planning/architect/2", [{"tools": [{"submit": revised}], "expect_prompt": "Name the risk"}]
    )
    shared_world.play(script.write(tmp_path / "script"))

    story = shared_world.label_issue()
    story.run_until("ready")

    asked = story.requests_of_claude()
    (first,) = [entry for entry in asked if entry["step"] == "planning/architect/2"]
    made = [entry for entry in asked if entry["step"] == ARCHITECT][-1]
    assert first["turn"] == 1
    # All that the plan was made from is read again, not only what all agents share.
    sent = made["usage"]["cache_read_input_tokens"] + made["usage"]["cache_creation_input_tokens"]
    assert first["usage"]["cache_read_input_tokens"] >= sent


def _that_sends_back(review: dict[str, Any]) -> dict[str, Any]:
    reviews = [
        one | {"verdict": "changes_requested", "comments": "Name the risk."}
        if one["artifact"] == "system-plan.md"
        else one
        for one in review["reviews"]
    ]
    return review | {"verdict": "changes_requested", "reviews": reviews}


def test_an_edit_outside_the_scope_is_put_back_and_the_tracker_says_so(
    shared_world: World, tmp_path: Path
) -> None:
    script = Script()
    turns = script.turns(DEVELOPER)
    again = {"tools": [{"submit": submit_of(turns)}], "expect": "`tests/test_parsing.py` was put"}
    turns[-1]["tools"].insert(0, bash("echo '# mine' >> tests/test_parsing.py")["tools"][0])
    shared_world.play(script.set(DEVELOPER, [*turns, again]).write(tmp_path / "script"))

    story = shared_world.label_issue()
    run = story.run_until("ready")

    commit = story.steps(run)[DEVELOPER]["commit"]
    files = story.git("show", "--format=", "--name-only", commit).split()
    assert files == ["back/thimble/__init__.py", "back/thimble/durations.py"]
    assert "was put back" in story.tracker()
