"""PostgreSQL is away for longer than a lease, in the middle of a run; the service stays up."""

import time
from pathlib import Path

import httpx2

from app.rehearsal.samples import SAMPLES
from tests.postgres import create_database, postgres_server, start_server, stop_server
from tests.recovery.lost import nothing_stands_twice, until_asked
from tests.world import World, world

AWAY_SECONDS = 9.0  # A lease lasts six.


def readiness(it: World) -> tuple[int, dict[str, str]]:
    answer = it.service.get("/readyz", timeout=10)
    return answer.status_code, answer.json().get("problems", {})


def test_a_run_goes_on_when_postgresql_comes_back_and_readyz_tells_meanwhile(
    tmp_path: Path,
) -> None:
    with postgres_server() as socket:
        url = create_database(socket, "service")
        with world(tmp_path, database_url=url) as it:
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
