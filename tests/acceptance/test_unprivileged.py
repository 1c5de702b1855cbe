"""The service as an ordinary user, without any of root's ways to build the cage."""

import os
import tempfile
from pathlib import Path

from tests.starting import Executing, as_user
from tests.world import world

# The user `nobody` of Debian.
NOBODY = 65534


def test_a_service_that_is_not_root_ends_ready() -> None:
    # Not below the test's own directory: no other user can walk through that.
    with tempfile.TemporaryDirectory(prefix="phaseline-") as place:
        uid = NOBODY if os.geteuid() == 0 else None
        starter = Executing() if uid is None else as_user(uid)
        with world(Path(place), starter, uid=uid) as it:
            story = it.label_issue()

            run = story.run_until("ready")

            assert {r["status"] for r in run["receipts"]} <= {"passed", "did_not_run"}
            assert not story.pull_request()["draft"]
            files = [it.folder.service / "phaseline.db", it.folder.service / "repositories"]
            assert {path.stat().st_uid for path in files} == {uid or os.geteuid()}
