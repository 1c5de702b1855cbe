"""A service that is asked to stop lets turns end and exits 0: nothing that was asked is lost."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.forking import ForkServer
from tests.story import Story
from tests.world import SAMPLE, World, world

# Planners side by side, one that writes files, one behind a commit.
MOMENTS = ("planning/architect/1", "implementation/backend-developer/1", "qa/test-writer/1")
LATENCY = 0.3
MOST_SECONDS = 30.0


@pytest.fixture
def stage(tmp_path: Path, forks: ForkServer) -> Iterator[World]:
    with world(tmp_path, forks) as it:
        it.play(SAMPLE.script, LATENCY)
        yield it


def test_a_service_that_is_stopped_in_the_middle_of_turns_loses_no_reply_and_exits_0(
    stage: World,
) -> None:
    story = stage.label_issue()
    for step in MOMENTS:
        story.wait(partial(_is_at_work, stage, step), f"{step} is at work")

        assert _stopped(stage) == 0

        stage.serve()
    story.run_until("ready")

    asked = [entry for entry in story.requests_of_claude() if entry["kind"] == "message"]
    assert [entry["step"] for entry in asked if entry["disconnected"]] == []
    again = {turn: n for turn, n in Counter(map(_turn, asked)).items() if n > 1}
    assert again == {}
    _nothing_stands_twice(story)


def _is_at_work(stage: World, step: str) -> bool:
    """Tell whether a step's first turn has been answered: the second one follows at once."""
    return step in {entry["step"] for entry in stage.requests_of_claude()}


def _stopped(stage: World) -> int:
    child = stage._children.pop("service")
    child.process.terminate()
    return child.process.wait(MOST_SECONDS)


def _turn(entry: dict[str, object]) -> tuple[object, ...]:
    return entry["step"], entry["attempt"], entry["turn"]


def _nothing_stands_twice(story: Story) -> None:
    for keys in (story.posted(), story.posted(story.pull_request()["number"])):
        assert sorted(keys) == sorted(set(keys))
    assert story.pushes() == [sha for sha, *_ in story.commits()[1:]]
