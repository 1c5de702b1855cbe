"""The service is killed, again and again, and goes on from where it was."""

import stat
import time
from collections import Counter
from pathlib import Path
from typing import Any

from app.rehearsal.samples import SAMPLES
from tests.story import Story
from tests.world import World, world

MOMENTS = ("planning/architect/1", "implementation/backend-developer/1", "qa/test-writer/1")


def test_a_service_killed_three_times_ends_ready_and_did_nothing_twice(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        it.play(SAMPLES["pocket"].script, latency=0.1)
        story = it.label_issue()
        in_flight = [_killed_at(it, step) for step in MOMENTS]

        story.run_until("ready")

        assert stat.S_IMODE(it.folder.service.stat().st_mode) == 0o700
        _no_request_was_sent_again_that_had_been_answered(story, in_flight)
        _nothing_stands_twice(story)


def _killed_at(it: World, step: str) -> Counter[str]:
    """Kill the service when Claude has been asked for the second turn of a step, and start it.

    Returns the last request of each step that Claude had got by then, by its hash.
    """
    while (step, 2) not in {(entry["step"], entry["turn"]) for entry in it.requests_of_claude()}:
        it.check()
        time.sleep(0.02)
    it.kill_the_service()
    last = {entry["step"]: entry["sha256"] for entry in it.requests_of_claude()}
    it.serve()
    return Counter(last.values())


def _no_request_was_sent_again_that_had_been_answered(
    story: Story, in_flight: list[Counter[str]]
) -> None:
    sent = Counter(entry["sha256"] for entry in story.requests_of_claude())
    allowed = sum(in_flight, Counter[str]())
    again = {sha: times for sha, times in sent.items() if times > 1}
    assert {sha for sha, times in again.items() if times > 1 + allowed[sha]} == set()
    assert len(again) <= len(MOMENTS) + 1
    turns = {_turn(entry) for entry in story.requests_of_claude()}
    assert len(turns) == len(sent)


def _turn(entry: dict[str, Any]) -> tuple[str, int, int]:
    return entry["step"], entry["attempt"], entry["turn"]


def _nothing_stands_twice(story: Story) -> None:
    number = story.pull_request()["number"]
    for keys in (story.posted(), story.posted(number)):
        assert sorted(keys) == sorted(set(keys))
    assert [pull["number"] for pull in story.pull_requests()] == [number]
    subjects = [subject for *_, subject in story.commits()]
    assert len(subjects) == len(set(subjects)) == 4
    assert story.pushes() == [sha for sha, *_ in story.commits()[1:]]
    mentions = [c for c in story.comments(number) if "@maintainer" in c["body"]]
    assert len(mentions) == 1
    flips = [e for e in story.world.requests_of_github() if e["path"] == "/api/graphql"]
    assert len(flips) == 1
