"""What the service needs is away for a while, or its disk is full: it stays up, tells, goes on."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from app.rehearsal.samples import SAMPLES
from tests.forking import ForkServer
from tests.postgres import create_database, postgres_server, start_server, stop_server
from tests.recovery.lost import nothing_stands_twice, until_asked
from tests.world import World, world

AWAY_SECONDS = 9.0  # A lease lasts six.
FULL_SECONDS = 3.0


def readiness(it: World) -> tuple[int, dict[str, str]]:
    answer = it.service.get("/readyz", timeout=10)
    return answer.status_code, answer.json().get("problems", {})


def test_a_run_goes_on_when_postgresql_comes_back_and_readyz_tells_meanwhile(
    tmp_path: Path, forks: ForkServer
) -> None:
    with postgres_server() as socket:
        url = create_database(socket, "service")
        with world(tmp_path, forks, database_url=url) as it:
            it.play(SAMPLES["pocket"].script, latency=0.2)
            story = it.label_issue()
            until_asked(it, "implementation/backend-developer/1")

            stop_server(socket)
            went = time.monotonic()
            status, problems = readiness(it)
            while time.monotonic() - went < AWAY_SECONDS:
                it.check()
                time.sleep(0.1)
            start_server(socket)
            _until_ready(it)
            story.run_until("ready")

            assert status == 503
            assert "database" in problems
            nothing_stands_twice(story)


def test_a_run_waits_for_claude_and_for_github_and_goes_on_when_they_are_back(
    tmp_path: Path, forks: ForkServer
) -> None:
    # Long enough for a tracker that shows the rest to be sent before the next try.
    with world(tmp_path, forks, settings={"PHASELINE_REST_SECONDS": "2"}) as it:
        it.play(SAMPLES["pocket"].script, latency=0.2)
        story = it.label_issue()

        until_asked(it, "planning/architect/1")
        it.take_away("claude")
        story.wait(lambda: "model API" in waiting(it).get("runs", ""), "/readyz tells")
        story.wait(lambda: "The model API failed" in story.tracker(), "the tracker tells")
        # A service that is started now stays up as well: nothing ends again and again.
        it.kill_the_service()
        it.serve()
        status, problems = readiness(it)
        it.bring_back("claude")
        _until_ready(it)

        until_asked(it, "implementation/backend-developer/1")
        it.take_away("github")
        story.wait(lambda: "messages" in waiting(it), "what GitHub does not take is told")
        # Longer than it takes to try again: nothing ends, and nothing is lost.
        story.wait(lambda: "runs" in waiting(it), "the run waits for GitHub")
        it.bring_back("github")
        story.run_until("ready")

        assert status == 503
        assert "cannot be reached" in problems["worker"]
        assert waiting(it) == {}
        assert not [key for key in story.posted() if key.startswith("stop/")]
        nothing_stands_twice(story)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 megabytes where the service keeps everything."""
    place = tmp_path / "service"
    place.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_run_whose_disk_is_full_for_a_while_goes_on_when_there_is_room(
    small_disk: Path, tmp_path: Path, forks: ForkServer
) -> None:
    settings = {"PHASELINE_REST_SECONDS": "0.5", "PHASELINE_LEAST_FREE_DISK_MB": "8"}
    with world(tmp_path, forks, settings=settings) as it:
        it.play(SAMPLES["pocket"].script, latency=0.2)
        story = it.label_issue()
        until_asked(it, "implementation/backend-developer/1")

        filling = small_disk / "filling"
        fill(filling)
        story.wait(lambda: "room" in readiness(it)[1], "/readyz tells")
        went = time.monotonic()
        while time.monotonic() - went < FULL_SECONDS:
            it.check()
            fill(filling)
            time.sleep(0.1)
        filling.unlink()
        story.run_until("ready")

        assert readiness(it) == (200, {})
        nothing_stands_twice(story)


def fill(path: Path) -> None:
    """Take what room there is."""
    with path.open("ab") as file, suppress(OSError):
        left = os.fstatvfs(file.fileno())
        file.write(b"x" * (left.f_bavail * left.f_frsize))


def waiting(it: World) -> dict[str, str]:
    """Return what `/readyz` says waits for others."""
    told: dict[str, str] = it.service.get("/readyz", timeout=10).json().get("waiting", {})
    return told


def _until_ready(it: World) -> None:
    deadline = time.monotonic() + 60
    while True:
        it.check()
        try:
            status, problems = readiness(it)
        except httpx2.HTTPError as error:
            status, problems = 0, {"service": str(error)}
        if status == 200:
            return
        assert time.monotonic() < deadline, problems
        time.sleep(0.2)
