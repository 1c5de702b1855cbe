"""What stories of lost databases share: the command line beside a world, and the counting."""

import json
import subprocess
import time
from typing import Any

from tests.forking import ForkServer
from tests.story import Story
from tests.world import World


def command(forks: ForkServer, it: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    return forks.run(arguments, it.environment(), it.folder.root)


def recovered(forks: ForkServer, it: World) -> list[dict[str, Any]]:
    done = command(forks, it, "recover", "--json")
    found: list[dict[str, Any]] = json.loads(done.stdout or "null")
    assert found is not None, done.stderr
    return found


def until_asked(it: World, step: str) -> None:
    while step not in {entry["step"] for entry in it.requests_of_claude()}:
        it.check()
        time.sleep(0.05)


def nothing_stands_twice(story: Story) -> None:
    number = story.pull_request()["number"]
    for keys in (story.posted(), story.posted(number)):
        assert sorted(keys) == sorted(set(keys)), sorted(keys)
    assert [pull["number"] for pull in story.pull_requests()] == [number]
    subjects = [subject for *_, subject in story.commits()]
    assert len(subjects) == len(set(subjects)) == 4
    mentions = [c for c in story.comments(number) if "@maintainer" in c["body"]]
    assert len(mentions) == 1
    asked = [e for e in story.world.requests_of_github() if e["path"] == "/api/graphql"]
    flips = [e for e in asked if "markPullRequestReadyForReview" in e["request"]["query"]]
    assert len(flips) == 1
