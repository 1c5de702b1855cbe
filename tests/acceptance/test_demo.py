"""`phaseline demo` by itself, on a repository with other folder names and one side only."""

import json
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from app.cli.demo.stage import NOTICE
from app.rehearsal.samples import SAMPLES, build

ODD = SAMPLES["odd"]
SECONDS = 300
NAMED = {
    "repository",
    "issue",
    "pull_request",
    "draft",
    "head",
    "phases",
    "steps",
    "receipts",
    "money",
    "wall_seconds",
}
PHASES = ["initialization", "planning", "implementation", "qa", "ready"]


def test_the_demo_of_a_repository_of_ones_own_ends_ready_and_says_so_again(tmp_path: Path) -> None:
    build("odd", tmp_path / "ninepins")

    first = _demo(tmp_path, "first.json")
    again = _demo(tmp_path, "again.json")

    assert first.keys() >= NAMED
    assert (first["repository"], first["state"], first["draft"]) == (
        "demo/ninepins",
        "ready",
        False,
    )
    assert first["pull_request"] is not None
    assert [phase["name"] for phase in first["phases"]] == PHASES
    assert all(phase["started"] < phase["ended"] for phase in first["phases"])
    _the_steps_name_what_they_made(first)
    assert again == first
    tracker = _the_last_tracker(tmp_path)
    assert tracker.startswith("## Phaseline · 🟢 ready for review")
    assert f"<sub>{NOTICE} · [Details of this run](" in tracker


def _demo(folder: Path, outcome: str) -> dict[str, Any]:
    program = Path(sysconfig.get_path("scripts")) / "phaseline"
    arguments = ["demo", "--once", "--data", "data", "--json", outcome, "--repo", "ninepins"]
    arguments += ["--issue", str(ODD.issue), "--script", str(ODD.script)]
    done = subprocess.run(
        [str(program), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads((folder / outcome).read_bytes())
    return found


def _the_steps_name_what_they_made(outcome: dict[str, Any]) -> None:
    steps = {step["name"]: step for step in outcome["steps"]}
    built = steps["implementation/backend-developer/1"]
    assert steps["implementation/frontend-developer/1"]["outcome"] == "skipped"
    assert (built["agent"], built["outcome"]) == ("backend-developer", "done")
    assert built["artifact"]["name"] == "backend-implementation.md"
    assert len(built["artifact"]["sha256"]) == 64
    assert "#issuecomment-" in built["artifact"]["url"]
    commits = [step["commit"] for step in outcome["steps"] if step["commit"]]
    assert outcome["head"] == commits[-1]
    tests = [r for r in outcome["receipts"] if r["check"] == "backend tests"]
    assert (tests[-1]["status"], tests[-1]["commit"]) == ("passed", outcome["head"])


def _the_last_tracker(folder: Path) -> str:
    log = (folder / "data" / "github" / "requests.jsonl").read_text().splitlines()
    bodies = [(entry["request"] or {}).get("body", "") for entry in map(json.loads, log)]
    found: str = [body for body in bodies if str(body).startswith("## Phaseline ·")][-1]
    return found
