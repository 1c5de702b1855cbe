"""A backup made in the middle of a run is put back when GitHub has long gone on."""

import shutil
from pathlib import Path

from app.rehearsal.samples import SAMPLES
from tests.forking import ForkServer
from tests.recovery.lost import command, nothing_stands_twice, recovered, until_asked
from tests.world import world


def test_a_run_put_back_from_an_older_backup_ends_ready_and_says_nothing_twice(
    tmp_path: Path, forks: ForkServer
) -> None:
    with world(tmp_path, forks) as it:
        it.play(SAMPLES["pocket"].script, latency=0.2)
        story = it.label_issue()
        copy = tmp_path / "copy.db"
        until_asked(it, "implementation/backend-developer/1")
        done = command(forks, it, "backup", str(copy))
        until_asked(it, "qa/test-writer/1")
        it.kill_the_service()

        database = it.folder.service / "phaseline.db"
        for name in ("phaseline.db", "phaseline.db-wal", "phaseline.db-shm"):
            database.with_name(name).unlink(missing_ok=True)
        shutil.copy(copy, database)
        (run,) = recovered(forks, it)
        it.serve()
        story.run_until("ready")

        assert done.returncode == 0, done.stderr
        assert run["what"] == "known"
        nothing_stands_twice(story)
