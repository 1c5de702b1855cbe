"""`phaseline doctor --live` beside a running service: boxes ticked in a copy, and no run begun."""

import subprocess
import sysconfig
from pathlib import Path

from tests.world import REPOSITORY, World


def test_boxes_are_ticked_in_a_copy_of_the_list_and_the_service_begins_nothing(
    shared_world: World,
) -> None:
    runs = len(shared_world.runs())
    program = Path(sysconfig.get_path("scripts")) / "phaseline"

    done = subprocess.run(
        [program, "doctor", "--live", "--repository", REPOSITORY, "--write"],
        cwd=shared_world.folder.root,
        env=shared_world.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    site = shared_world.url("github").removeprefix("http://").replace(":", "-")
    copy = (shared_world.folder.service / f"not-proven.{site}.md").read_text()
    assert done.returncode == 0, done.stdout + done.stderr
    for box in ("models", "draft-plan", "ready", "payloads", "own-comments"):
        assert f"- [x] <!-- {box} -->" in copy, done.stdout
        assert f"\nticked   {box}" in done.stdout
    assert shared_world.url("github") in copy
    assert "boxes stay for people" in done.stdout
    assert len(shared_world.runs()) == runs
