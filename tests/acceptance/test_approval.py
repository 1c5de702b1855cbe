"""A person drives a run from GitHub alone: approves its plans, pushes to it, has the base merged.

One run goes through all of it, so that its steps are paid for once.
"""

from pathlib import Path
from typing import Any

from tests.acceptance.merging import LAZILY, RESOLVED, move_base, push, put_base_back, that_resolves
from tests.story import Story
from tests.world import World


def say_and_wait(story: Story, text: str) -> None:
    """Give a command, and wait until it was heard."""
    comment = story.say(text)
    story.wait(lambda: story.is_heard(comment), f"{text} is heard")


def asked(world: World, address: str) -> Any:
    return world.person("reader").get(address).json()


def test_a_person_approves_pushes_and_has_a_base_branch_merged_that_conflicts(
    shared_world: World, tmp_path: Path
) -> None:
    shared_world.play(that_resolves().write(tmp_path / "script"))
    story = shared_world.open_issue()
    labels = {label["name"]: label for label in asked(shared_world, "labels?per_page=100")}
    story.label("phaseline:plan")

    story.wait(lambda: "wait for a person's approval" in story.tracker(), "the plans wait")
    branch, begun = story.pull_request()["head"]["ref"], story.pull_request()["base"]["sha"]
    push(shared_world, "docs/by-hand.md", "By hand.\n", branch)
    moved = move_base(shared_world)
    try:
        say_and_wait(story, "/phaseline approve")
        blocked = story.run_until("blocked", leaving="waiting")
        kept = story.pushes()
        say_and_wait(story, "/phaseline retry merge")
        run = story.run_until("ready", leaving="blocked")
    finally:
        put_base_back(shared_world, begun)

    head = story.pull_request()["head"]["sha"]
    (check,) = asked(shared_world, f"commits/{head}/check-runs")["check_runs"]
    assert labels["phaseline:plan"]["description"]
    assert "writer approved the plans" in story.tracker()
    assert "Adopted 1 commit that people pushed" in story.tracker()
    assert asked(shared_world, f"contents/docs/by-hand.md?ref={branch}")["type"] == "file"
    assert (check["name"], check["conclusion"]) == ("phaseline", "success")
    assert "do not merge cleanly" in blocked["reason"]
    assert "/phaseline retry merge" in blocked["reason"]
    assert story.git("show", "-s", "--format=%P", head).split() == [kept[-1], moved]
    assert story.pushes() == [*kept, head] == [*kept, story.steps(run)[RESOLVED]["commit"]]
    assert LAZILY.replace("parse", "parse, spell") in story.git("show", f"{head}:README.md")
    checked = {r["status"] for r in run["receipts"] if r["work"] == "ready/checks/1"}
    assert checked == {"passed", "did_not_run"}
