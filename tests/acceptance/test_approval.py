"""A person drives a run from GitHub alone: approves its plans, pushes to it, finds it checked."""

import base64
from typing import Any

from app.rehearsal.samples import SAMPLES
from tests.story import Story
from tests.world import World


def say_and_wait(story: Story, text: str) -> None:
    """Give a command, and wait until it was heard."""
    comment = story.say(text)
    address = f"issues/comments/{comment}/reactions"
    story.wait(lambda: asked(story.world, address), f"{text} is heard")


def asked(world: World, address: str) -> Any:
    return world.person("reader").get(address).json()


def test_a_person_approves_the_plans_and_finds_the_head_checked(shared_world: World) -> None:
    shared_world.play(SAMPLES["pocket"].script)
    story = shared_world.open_issue()
    labels = {label["name"]: label for label in asked(shared_world, "labels?per_page=100")}
    maintainer, writer = shared_world.person("maintainer"), shared_world.person("writer")
    wanted = {"labels": ["phaseline:plan"]}
    maintainer.post(f"issues/{story.issue}/labels", json=wanted).raise_for_status()

    story.wait(lambda: "wait for a person's approval" in story.tracker(), "the plans wait")
    branch = story.pull_request()["head"]["ref"]
    content = base64.b64encode(b"By hand.\n").decode()
    body = {"message": "docs: by hand", "content": content, "branch": branch}
    writer.put("contents/docs/by-hand.md", json=body).raise_for_status()
    say_and_wait(story, "/phaseline approve")
    story.run_until("ready")

    head = story.pull_request()["head"]["sha"]
    (check,) = asked(shared_world, f"commits/{head}/check-runs")["check_runs"]
    assert labels["phaseline:plan"]["description"]
    assert "writer approved the plans" in story.tracker()
    assert "Adopted 1 commit that people pushed" in story.tracker()
    assert asked(shared_world, f"contents/docs/by-hand.md?ref={branch}")["type"] == "file"
    assert (check["name"], check["conclusion"]) == ("phaseline", "success")
