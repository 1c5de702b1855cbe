"""Runs that stop: what they say, what is kept, and how they go on from there."""

import re
from pathlib import Path
from typing import Any

from app.rehearsal.samples import SAMPLES
from tests.acceptance.scripts import (
    MISFIT,
    MODULE,
    SPEC,
    TESTER,
    Script,
    diagnosis,
    repair,
    that_breaks_a_test,
)
from tests.world import World


def test_a_test_that_never_gets_green_blocks_the_run_until_a_person_asks_for_more(
    shared_world: World, tmp_path: Path
) -> None:
    script = that_breaks_a_test()
    script.set("qa/debugger/*", diagnosis())
    script.set("qa/backend-developer/*", repair(f"echo '# looked at' >> {MODULE}", script))
    shared_world.play(script.write(tmp_path / "script"))

    story = shared_world.label_issue()
    run = story.run_until("blocked")

    assert _diagnosed(run) == 3
    assert "still red after 3 rounds" in run["reason"]
    assert story.pull_request()["draft"]
    # The state is recorded first; the comment that shows it follows through the outbox.
    story.wait(lambda: any("From here" in c["body"] for c in story.comments()), "the stop is told")
    (said,) = (c["body"] for c in story.comments() if "From here" in c["body"])
    assert re.findall(r"`/phaseline \w+`", said) == ["`/phaseline retry`", "`/phaseline cancel`"]

    mend = f'sed -i \'/# looked at/d; s/"m": 61/"m": 60/\' {MODULE} && pytest'
    script.set("qa/backend-developer/4", repair(mend, script))
    shared_world.play(script.write(tmp_path / "mended"))
    story.say("/phaseline retry", by="writer")
    run = story.run_until("ready", leaving="blocked")

    assert _diagnosed(run) == 4
    assert not story.pull_request()["draft"]


def _diagnosed(run: dict[str, Any]) -> int:
    return sum(step["agent"] == "debugger" for step in run["steps"])


def test_a_reader_commands_nothing_and_a_writer_cancels(
    shared_world: World, tmp_path: Path
) -> None:
    script = Script().set(SPEC, MISFIT)
    shared_world.play(script.write(tmp_path / "script"))
    story = shared_world.label_issue()
    story.run_until("blocked")
    asked = len(story.requests_of_claude())

    story.say("/phaseline retry", by="reader")
    story.say("/phaseline cancel", by="triager")
    heard = story.say("/phaseline help", by="writer")
    story.wait(lambda: f"reply/{heard}" in story.posted(), "help is given")

    run = story.run()
    assert run is not None
    assert run["state"] == "blocked"
    assert len(story.requests_of_claude()) == asked
    assert story.posted().count("declined") == 1

    story.say("/phaseline cancel", by="writer")
    story.run_until("cancelled", leaving="blocked")

    assert len(story.requests_of_claude()) == asked


def test_a_request_that_does_not_fit_ends_blocked_and_is_quoted(
    shared_world: World, tmp_path: Path
) -> None:
    script = Script().set(SPEC, MISFIT)
    shared_world.play(script.write(tmp_path / "script"))

    story = shared_world.label_issue()
    run = story.run_until("blocked")

    assert "does not fit the script" in run["reason"]
    assert "what nobody as[k]s for" in story.tracker()
    assert story.pull_requests() == []
    assert all(entry["misfit"] for entry in story.requests_of_claude())


def test_a_blocked_run_goes_on_by_command_or_label_and_does_nothing_twice(
    shared_world: World, tmp_path: Path
) -> None:
    planless = Script()
    planless.set("planning/test-writer/1", MISFIT).set(TESTER, MISFIT)
    testless = Script().set(TESTER, MISFIT)
    shared_world.play(planless.write(tmp_path / "planless"))
    story = shared_world.label_issue()
    story.run_until("blocked")

    shared_world.play(testless.write(tmp_path / "testless"))
    story.say("/phaseline retry", by="writer")
    story.wait(lambda: "implementation/backend-developer/1" in story.steps(), "it goes on")
    story.run_until("blocked")
    shared_world.play(SAMPLES["pocket"].script)
    story.label()
    story.wait(lambda: "qa/quality-checker/1" in story.steps(), "it goes on")
    story.run_until("ready")

    assert max(story.answered_turns().values()) == 1
    assert len(story.pushes()) == len(set(story.pushes())) == 3
    assert len(story.pull_requests()) == 1
    keys = [*story.posted(), *story.posted(story.pull_request()["number"])]
    assert sorted(keys) == sorted(set(keys))
    assert len({run["id"] for run in shared_world.runs() if run["issue"] == story.issue}) == 1
