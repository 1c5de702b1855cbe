"""From the label to the pull request that is ready, over real HTTP, git, cage and checks."""

import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from app.rehearsal.samples import SAMPLES
from tests.acceptance.scripts import diagnosis, repair, that_breaks_a_test
from tests.durability.counting import answered_turns, standing
from tests.story import BOT, Story
from tests.world import World

CONVENTIONAL = re.compile(r"(feat|fix|test|docs|chore|style|refactor|perf)(\([a-z0-9-]+\))?: .+")
PLANNED = ["project-manager", "architect", "test-writer", "product-manager"]
BUILT = [
    "backend-developer",
    "code-optimizer",
    "code-simplifier",
    "test-writer",
    "quality-checker",
    "code-reviewer",
    "documentation-expert",
    "project-manager",
]


def test_a_label_becomes_a_pull_request_that_is_ready_for_review(
    shared_world: World, tmp_path: Path
) -> None:
    shared_world.play(SAMPLES["pocket"].script, latency=0.2)

    story = shared_world.label_issue()
    run = story.run_until("ready")

    pull = story.pull_request()
    assert (pull["draft"], pull["user"]["login"]) == (False, BOT)
    assert [person["login"] for person in pull["requested_reviewers"]] == ["maintainer"]
    assert f"Closes #{story.issue}" in pull["body"]
    _the_conversations_hold_everything_once(story)
    _each_committing_step_was_pushed_by_itself(story)
    _the_planners_worked_at_the_same_time(story)
    assert all(step["outcome"] for step in run["steps"])
    assert len(story.pull_requests()) == 1
    _a_clone_passes_the_checks_of_the_repository(story, tmp_path)


def test_while_github_fails_at_a_tenth_of_all_calls_everything_stands_once(
    shared_world: World,
) -> None:
    shared_world.play(SAMPLES["pocket"].script)
    before = len(shared_world.faults_of_github())
    shared_world.rehearse_github("--fault-rate", "0.1", "--fault-seed", "5")
    try:
        story = shared_world.label_issue()
        story.run_until("ready")
    finally:
        shared_world.rehearse_github()

    faults = shared_world.faults_of_github()[before:]
    assert len({fault["fault"] for fault in faults}) >= 4
    _the_conversations_hold_everything_once(story)
    _each_committing_step_was_pushed_by_itself(story)
    _nothing_was_made_that_does_not_stand(story)
    assert [turn for turn, times in answered_turns(story).items() if times > 1] == []


def _nothing_was_made_that_does_not_stand(story: Story) -> None:
    found = standing(story)
    counts = {(kind, what): n for (kind, what), n in found.items() if not kind.endswith("made")}
    several = {"pushes", "remark"}
    assert {each: n for each, n in counts.items() if n > 1 and each[0] not in several} == {}
    for place in ("issue", "pull request"):
        there = sum(kind == "comment" and what.startswith(f"{place}:") for kind, what in counts)
        assert found["comments made", place] == there
    assert found["pull requests made", ""] == 1
    assert found["check runs made", ""] == sum(kind == "check run" for kind, _ in counts)
    assert found["reactions made", "issue"] == 1


def _the_conversations_hold_everything_once(story: Story) -> None:
    planned = [key for key in story.posted() if key.startswith("artifact/")]
    talk = story.posted(story.pull_request()["number"])
    built = [key for key in talk if key.startswith("artifact/")]
    assert sorted(key.split("/")[2] for key in planned) == sorted(PLANNED)
    assert sorted(key.split("/")[2] for key in built) == sorted(BUILT)
    assert len(set(talk)) == len(talk)
    receipts = [key for key in talk if key.startswith("receipts/")]
    assert receipts == ["receipts/planning", "receipts/qa"]
    bodies = [comment["body"] for comment in story.comments(story.pull_request()["number"])]
    assert sum("@maintainer" in body for body in bodies) == 1


def _each_committing_step_was_pushed_by_itself(story: Story) -> None:
    commits = story.commits()
    subjects = [subject for _, _, subject in commits]
    assert {who for _, who, _ in commits} == {BOT}
    assert [s for s in subjects if not CONVENTIONAL.fullmatch(s)] == []
    assert subjects[1:] == [
        "feat(durations): write a duration back as text",
        "test(durations): hold writing against reading",
        "docs: show how a duration is written",
    ]
    assert story.pushes() == [sha for sha, _, _ in commits[1:]]
    assert story.pull_request()["head"]["sha"] == commits[-1][0]


def _the_planners_worked_at_the_same_time(story: Story) -> None:
    spans = [_span(story, f"planning/{agent}/1") for agent in ("architect", "test-writer")]
    assert max(start for start, _ in spans) < min(end for _, end in spans)


def _span(story: Story, step: str) -> tuple[datetime, datetime]:
    asked = [entry for entry in story.requests_of_claude() if entry["step"] == step]
    first, last = datetime.fromisoformat(asked[0]["time"]), asked[-1]
    return first, datetime.fromisoformat(last["time"]) + timedelta(seconds=last["seconds"])


def _a_clone_passes_the_checks_of_the_repository(story: Story, folder: Path) -> None:
    story.clone(folder / "it")
    for check in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["pytest"]):
        done = subprocess.run(
            [sys.executable, "-m", *check],
            cwd=folder / "it",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_test_is_diagnosed_mended_and_green_again(
    shared_world: World, tmp_path: Path
) -> None:
    script = that_breaks_a_test()
    mend = 'sed -i \'s/"m": 61/"m": 60/\' back/thimble/durations.py && pytest'
    script.set("qa/debugger/1", diagnosis())
    script.set("qa/backend-developer/1", repair(mend, script))
    shared_world.play(script.write(tmp_path / "script"))

    story = shared_world.label_issue()
    run = story.run_until("ready")

    tests = [r for r in run["receipts"] if r["check"] == "backend tests"]
    by_work = {receipt["work"]: receipt["status"] for receipt in tests}
    assert by_work["qa/checks/1"] == "failed"
    assert by_work["qa/checks/2"] == "passed"
    talk = story.comments(story.pull_request()["number"])
    (receipts,) = (c["body"] for c in talk if "receipts/qa" in c["body"])
    # The newest checks come first.
    assert receipts.index("16 passed") < receipts.index("failed")
    assert ("fix(durations): count the seconds of a minute") in [s for *_, s in story.commits()]


def test_two_issues_labelled_at_once_end_ready_on_branches_of_their_own(
    shared_world: World,
) -> None:
    shared_world.play(SAMPLES["pocket"].script)
    one, other = shared_world.open_issue("One of two"), shared_world.open_issue("The other")

    one.label()
    other.label()

    for story in (one, other):
        story.run_until("ready")
        assert len(story.pull_requests()) == 1
        assert len(story.pushes()) == 3
    assert one.pull_request()["head"]["ref"] != other.pull_request()["head"]["ref"]
