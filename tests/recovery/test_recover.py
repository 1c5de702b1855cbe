"""The database is lost in the middle of a run; GitHub and the App's key are all that is left."""

import shutil
from pathlib import Path

from app.rehearsal.samples import SAMPLES
from tests.forking import ForkServer
from tests.postgres import create_database, drop_database, postgres_server
from tests.recovery.lost import nothing_stands_twice, recovered, until_asked
from tests.story import Story
from tests.world import World, world


def lose_the_directory(it: World) -> None:
    """Lose all that the service keeps in files: caches, objects of runs, an SQLite database."""
    it.kill_the_service()
    shutil.rmtree(it.folder.service)
    it.folder.service.mkdir(mode=0o700)


def test_a_run_whose_database_is_lost_in_the_middle_is_recovered_by_command_on_postgresql(
    tmp_path: Path, forks: ForkServer
) -> None:
    with (
        postgres_server() as socket,
        world(tmp_path, forks, database_url=create_database(socket, "service")) as it,
    ):
        it.play(SAMPLES["pocket"].script, latency=0.2)
        story = it.label_issue()
        until_asked(it, "implementation/code-optimizer/1")
        story.wait(lambda: _is_said(story, "implementation/backend-developer"), "it is said")
        lose_the_directory(it)
        drop_database(socket, "service")
        create_database(socket, "service")
        before = len(it.requests_of_claude())

        # Nothing is started anew meanwhile: a tracker of ours stands there.
        it.serve()
        story.wait(lambda: "lost" in story.posted(), "it is said that the run is lost")
        runs = it.runs()
        it.kill_the_service()
        (run,) = recovered(forks, it)
        it.serve()
        story.run_until("ready")

        assert runs == []
        assert (run["what"], run["state"]) == ("recovered", "running")
        _nobody_was_asked_again(it, before)
        nothing_stands_twice(story)
        assert "was read back from GitHub" in story.tracker()
        # Asked again it knows the run, and changes nothing.
        it.kill_the_service()
        (again,) = recovered(forks, it)
        assert again["what"] == "known"


def test_a_service_that_is_told_to_reads_its_runs_back_at_start_on_sqlite(
    tmp_path: Path, forks: ForkServer
) -> None:
    with world(tmp_path, forks, settings={"PHASELINE_RECOVER_AT_START": "true"}) as it:
        it.play(SAMPLES["pocket"].script, latency=0.2)
        story = it.label_issue()
        until_asked(it, "implementation/code-optimizer/1")
        story.wait(lambda: _is_said(story, "implementation/backend-developer"), "it is said")
        before = len(it.requests_of_claude())
        lose_the_directory(it)

        it.serve()
        story.run_until("ready")

        assert len(it.runs()) == 1
        _nobody_was_asked_again(it, before)
        nothing_stands_twice(story)
        assert "was read back from GitHub" in story.tracker()


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
