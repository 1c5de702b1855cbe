"""A person drives a run from GitHub alone: approves its plans, pushes to it, has the base merged.

One run goes through all of it, so that its steps are paid for once.
"""

import base64
from pathlib import Path
from typing import Any

from tests.acceptance.scripts import Script, bash, submits
from tests.story import Story
from tests.world import World


def say_and_wait(story: Story, text: str) -> None:
    """Give a command, and wait until it was heard."""
    comment = story.say(text)
    address = f"issues/comments/{comment}/reactions"
    story.wait(lambda: asked(story.world, address), f"{text} is heard")


def asked(world: World, address: str) -> Any:
    return world.person("reader").get(address).json()


RESOLVED = "ready/backend-developer/1"
REPORT = "## Conflicts resolved\n\n- README.md: both\n\n## What to look at\n\n- None\n"
IMPORT, LAZILY = "from thimble import parse", "from thimble import parse  # lazily"


def test_a_person_approves_pushes_and_has_a_base_branch_merged_that_conflicts(
    shared_world: World, tmp_path: Path
) -> None:
    shared_world.play(that_resolves().write(tmp_path / "script"))
    story = shared_world.open_issue()
    labels = {label["name"]: label for label in asked(shared_world, "labels?per_page=100")}
    maintainer = shared_world.person("maintainer")
    wanted = {"labels": ["phaseline:plan"]}
    maintainer.post(f"issues/{story.issue}/labels", json=wanted).raise_for_status()

    story.wait(lambda: "wait for a person's approval" in story.tracker(), "the plans wait")
    branch, begun = story.pull_request()["head"]["ref"], story.pull_request()["base"]["sha"]
    push(shared_world, "docs/by-hand.md", "By hand.\n", branch)
    readme = asked(shared_world, "contents/README.md")
    text = base64.b64decode(readme["content"]).decode().replace(IMPORT, LAZILY)
    moved = push(shared_world, "README.md", text, "main", readme["sha"])
    try:
        say_and_wait(story, "/phaseline approve")
        blocked = story.run_until("blocked", leaving="waiting")
        kept = story.pushes()
        say_and_wait(story, "/phaseline retry merge")
        run = story.run_until("ready", leaving="blocked")
    finally:
        back = {"sha": begun, "force": True}
        maintainer.patch("git/refs/heads/main", json=back).raise_for_status()

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


def that_resolves() -> Script:
    """A developer that keeps what both sides meant."""
    take = f"sed -i '/^<<<</d; /^====/,/^>>>>/d; s/{IMPORT}, spell/&  # lazily/' README.md"
    commit = {"type": "chore", "scope": None, "subject": "merge main", "body": None}
    done = submits(summary="Both sides hold.", artifact=REPORT, commit=commit)
    looking = {**bash(f"{take}; cat README.md"), "expect_prompt": "README.md"}
    return Script().set(RESOLVED, [looking, {**done, "expect": "parse, spell  # lazily"}])


def push(world: World, path: str, text: str, branch: str, replaced: str | None = None) -> str:
    """Let a writer push a file; return the commit."""
    content = base64.b64encode(text.encode()).decode()
    body = {"message": f"docs: {path}", "content": content, "branch": branch}
    body |= {"sha": replaced} if replaced else {}
    answer = world.person("writer").put(f"contents/{path}", json=body).raise_for_status()
    return str(answer.json()["commit"]["sha"])
