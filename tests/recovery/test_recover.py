"""The database is lost in the middle of a run; GitHub and the App's key are all that is left."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from app.rehearsal.samples import SAMPLES
from tests.story import Story
from tests.world import World, world

PHASELINE = Path(sys.executable).parent / "phaseline"


def command(it: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PHASELINE, *arguments],
        cwd=it.folder.root,
        env=it.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def recovered(it: World) -> list[dict[str, Any]]:
    done = command(it, "recover", "--json")
    found: list[dict[str, Any]] = json.loads(done.stdout or "null")
    assert found is not None, done.stderr
    return found


def lose_the_database(it: World) -> None:
    """Lose the service's whole directory: database, caches, objects of runs."""
    it.kill_the_service()
    shutil.rmtree(it.folder.service)
    it.folder.service.mkdir(mode=0o700)


def until_asked(it: World, step: str) -> None:
    while step not in {entry["step"] for entry in it.requests_of_claude()}:
        it.check()
        time.sleep(0.05)


def test_a_run_whose_database_is_lost_in_the_middle_is_recovered_and_ends_ready(
    tmp_path: Path,
) -> None:
    with world(tmp_path) as it:
        it.play(SAMPLES["pocket"].script, latency=0.2)
        story = it.label_issue()
        until_asked(it, "implementation/code-optimizer/1")
        story.wait(lambda: _is_said(story, "implementation/backend-developer"), "it is said")
        lose_the_database(it)
        before = len(it.requests_of_claude())

        (run,) = recovered(it)
        it.serve()
        story.run_until("ready")

        assert (run["what"], run["state"]) == ("recovered", "running")
        _nobody_was_asked_again(it, before)
        _nothing_stands_twice(story)
        assert "was read back from GitHub" in story.tracker()
        # Asked again it knows the run, and changes nothing.
        it.kill_the_service()
        (again,) = recovered(it)
        assert again["what"] == "known"


def _is_said(story: Story, beginning: str) -> bool:
    run = story.run()
    pull = run["pull_request"] if run else None
    keys = story.posted(pull["number"]) if pull else []
    return any(key.startswith(f"artifact/{beginning}") for key in keys)


def _nobody_was_asked_again(it: World, before: int) -> None:
    """Only the step that was under way is held once more."""
    asked = it.requests_of_claude()
    finished = {entry["step"] for entry in asked[:before]} - {asked[before - 1]["step"]}
    assert not finished & {entry["step"] for entry in asked[before:]}


def _nothing_stands_twice(story: Story) -> None:
    number = story.pull_request()["number"]
    for keys in (story.posted(), story.posted(number)):
        assert sorted(keys) == sorted(set(keys))
    assert [pull["number"] for pull in story.pull_requests()] == [number]
    subjects = [subject for *_, subject in story.commits()]
    assert len(subjects) == len(set(subjects)) == 4
    mentions = [c for c in story.comments(number) if "@maintainer" in c["body"]]
    assert len(mentions) == 1
    flips = [e for e in story.world.requests_of_github() if e["path"] == "/api/graphql"]
    assert len(flips) == 1
