"""The service is killed, again and again, and goes on from where it was."""

import json
import stat
import time
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

from app.claude.tools import tool_list
from app.rehearsal.samples import SAMPLES
from phases.core.briefing import SYSTEM
from tests.books import books
from tests.forking import ForkServer
from tests.story import Story
from tests.world import World, world

FIRST = "initialization/"
MOMENTS = ("planning/architect/1", "implementation/backend-developer/1", "qa/test-writer/1")


def test_a_service_killed_three_times_ends_ready_and_did_nothing_twice(
    tmp_path: Path, forks: ForkServer
) -> None:
    with world(tmp_path, forks) as it:
        it.play(SAMPLES["pocket"].script, latency=0.1)
        story = it.label_issue()
        kills = [_killed_at(it, step) for step in MOMENTS]

        run = story.run_until("ready")

        assert stat.S_IMODE(it.folder.service.stat().st_mode) == 0o700
        _only_what_was_in_flight_was_asked_again(story, kills)
        _nothing_stands_twice(story)
        _every_agent_has_sent_the_same_prefix_before_and_after_a_death(story)
        _the_ledger_is_what_claude_has_counted(it, story, run["id"])


def _killed_at(it: World, step: str) -> datetime:
    """Kill the service when Claude has answered the second turn of a step, and start it again."""
    while (step, 2) not in {(entry["step"], entry["turn"]) for entry in it.requests_of_claude()}:
        it.check()
        time.sleep(0.02)
    it.kill_the_service()
    killed = datetime.now(UTC)
    it.serve()
    return killed


def _only_what_was_in_flight_was_asked_again(story: Story, kills: list[datetime]) -> None:
    """Hold each request to the one before it of its step: the next turn, or a kill between them."""
    asked = sorted(story.requests_of_claude(), key=lambda entry: str(entry["time"]))
    for step in {entry["step"] for entry in asked}:
        requests = [entry for entry in asked if entry["step"] == step]
        assert requests[0]["turn"] == 1
        for before, after in pairwise(requests):
            if after["turn"] == before["turn"] + 1:
                continue
            spans = [before["time"] < killed.isoformat() < after["time"] for killed in kills]
            assert (after["turn"], after["sha256"]) == (before["turn"], before["sha256"])
            assert any(spans)
    assert {entry["attempt"] for entry in asked} == {1}


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


def _every_agent_has_sent_the_same_prefix_before_and_after_a_death(story: Story) -> None:
    """Hold the prefixes of all requests of the run against one another, and against the source."""
    asked = story.requests_of_claude()
    # Computed here, by another process in another directory at another time.
    head = json.dumps(
        [tool_list(strict=False), [{"type": "text", "text": SYSTEM}]], separators=(",", ":")
    )
    assert {entry["head_sha256"] for entry in asked} == {sha256(head.encode()).hexdigest()}
    assert {len(entry["prefixes"]) for entry in asked} == {2}
    for model in {entry["model"] for entry in asked}:
        ones = [entry for entry in asked if entry["model"] == model]
        conventions = {entry["prefixes"][0] for entry in ones}
        # Behind the first step the specification stands beside the request.
        requests = {entry["prefixes"][1] for entry in ones if FIRST not in entry["step"]}
        assert (len(conventions), len(requests)) == (1, 1)
    assert len({entry["agent"] for entry in asked}) > 5


def _the_ledger_is_what_claude_has_counted(it: World, story: Story, run: str) -> None:
    """Hold each answered request against Claude's count, one cut off against its row."""
    held = books(story, it.folder.service / "phaseline.db", run)
    assert held.wrong == ()
    assert held.answered > len(MOMENTS)
    # A death may come between the row and the sending.
    assert held.unread <= held.unanswered
    assert (held.unanswered - held.unread).total() <= len(MOMENTS)
