"""A person drives and trusts a run from GitHub alone: whatever they do to it, it says what it does.

One run goes through all of it, so that its steps are paid for once.
"""

from typing import Any

from app.rehearsal.samples import SAMPLES
from tests.acceptance.test_approval import say_and_wait
from tests.story import Story
from tests.world import World


def labelled_for_approval(world: World) -> Story:
    """Return an issue whose plans wait for a person."""
    world.play(SAMPLES["pocket"].script)
    story = world.open_issue()
    wanted = {"labels": ["phaseline:plan"]}
    world.person("maintainer").post(f"issues/{story.issue}/labels", json=wanted).raise_for_status()
    wait_for(story, "wait for a person's approval")
    return story


def wait_for(story: Story, words: str) -> None:
    story.wait(lambda: words in story.tracker(), f"the tracker says: {words}")


def stands(story: Story) -> tuple[str, str]:
    run = story.run()
    assert run is not None
    return run["state"], run["reason"]


def test_whatever_people_do_to_a_run_is_told_and_has_a_way_on(shared_world: World) -> None:
    story = labelled_for_approval(shared_world)
    pull = story.pull_request()
    number, head = pull["number"], pull["head"]["sha"]

    alter_the_tracker(story)
    close_and_open(story, number)
    rewritten, deleted = rewrite_and_delete(story, pull)
    put_back(story, pull)
    paused = pause_over_a_restart(story, number)
    say_and_wait(story, "/phaseline resume")
    story.run_until("ready", leaving="waiting")

    assert "was rewritten" in rewritten
    assert "is not on GitHub any more" in deleted
    assert all("`/phaseline retry`" in said for said in (rewritten, deleted))
    assert head[:10] in deleted
    assert paused == "waiting"
    assert len(story.pull_requests()) == 1
    assert len(story.pushes()) == len(set(story.pushes()))
    keys = [*story.posted(), *story.posted(number)]
    assert sorted(keys) == sorted(set(keys))


def alter_the_tracker(story: Story) -> None:
    maintainer = story.world.person("maintainer")
    maintainer.delete(f"issues/comments/{tracker_of(story)}").raise_for_status()
    wait_for(story, "maintainer deleted the tracker comment; it was written again.")
    forged = {"body": "## Phaseline · 🟢 ready for review"}
    maintainer.patch(f"issues/comments/{tracker_of(story)}", json=forged).raise_for_status()
    wait_for(story, "maintainer edited the tracker comment; it was put right.")


def close_and_open(story: Story, number: int) -> None:
    maintainer = story.world.person("maintainer")
    maintainer.patch(f"pulls/{number}", json={"state": "closed"}).raise_for_status()
    story.run_until("cancelled")
    maintainer.patch(f"pulls/{number}", json={"state": "open"}).raise_for_status()
    story.wait(lambda: offered(story, number), "going on is offered")
    say_and_wait(story, "/phaseline resume")
    wait_for(story, "wait for a person's approval")


def rewrite_and_delete(story: Story, pull: dict[str, Any]) -> tuple[str, str]:
    """Rewrite the branch, then delete it, by which GitHub closes its pull request."""
    maintainer = story.world.person("maintainer")
    ref, base = f"git/refs/heads/{pull['head']['ref']}", pull["base"]["sha"]
    other = story.git("commit-tree", "-p", base, "-m", "mine", f"{base}^{{tree}}").strip()
    maintainer.patch(ref, json={"sha": other, "force": True}).raise_for_status()
    story.say("/phaseline approve")
    story.wait(lambda: stands(story)[0] == "blocked", "the run is blocked")
    rewritten = stands(story)[1]
    wait_for(story, "🔴 blocked")
    maintainer.delete(ref).raise_for_status()
    story.run_until("cancelled", leaving="blocked")
    story.say("/phaseline resume")
    story.wait(lambda: stands(story)[0] == "blocked", "the run is blocked")
    return rewritten, stands(story)[1]


def put_back(story: Story, pull: dict[str, Any]) -> None:
    maintainer = story.world.person("maintainer")
    back = {"ref": f"refs/heads/{pull['head']['ref']}", "sha": pull["head"]["sha"]}
    maintainer.post("git/refs", json=back).raise_for_status()
    maintainer.patch(f"pulls/{pull['number']}", json={"state": "open"}).raise_for_status()
    story.say("/phaseline retry")
    story.wait(lambda: stands(story)[0] == "running", "it goes on")


def pause_over_a_restart(story: Story, pull: int) -> str:
    say_and_wait(story, "/phaseline pause")
    wait_for(story, "Paused: writer asked for it")
    story.world.kill_the_service()
    story.world.serve()
    # On the pull request: who speaks there is answered there.
    said = [story.say(f"/phaseline {word}", at=pull) for word in ("approve", "status")]
    replies = {f"reply/{comment}" for comment in said}
    story.wait(lambda: replies <= {*story.posted(pull)}, "it says why not, and where it stands")
    return stands(story)[0]


def tracker_of(story: Story) -> int:
    (found,) = (c["id"] for c in story.comments() if c["body"].startswith("## Phaseline ·"))
    return int(found)


def offered(story: Story, number: int) -> bool:
    return any(key.startswith("reopened/") for key in story.posted(number))
