"""`phaseline demo` as a person runs it, where no service is needed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PHASELINE = Path(sys.executable).parent / "phaseline"
CAST = {
    "version": 1,
    "full_name": "demo/shop",
    "source": None,
    "script": "/nowhere/script.yaml",
    "title": "Add a field",
    "body": "",
    "ports": {"github": 1, "claude": 2, "service": 3},
}
OUTCOME: dict[str, Any] = {
    "state": "ready",
    "reason": "",
    "draft": False,
    "wall_seconds": 61.2,
    "money": {"spent_usd": 0.42, "limit_usd": 15.0},
    "pull_request_url": "http://127.0.0.1:1/demo/shop/pull/2",
    "issue_url": "http://127.0.0.1:1/demo/shop/issues/1",
    "scripted": True,
}


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PHASELINE, "demo", "--once", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ended(folder: Path, **more: Any) -> Path:
    (folder / "demo.json").write_text(json.dumps(CAST))
    (folder / "outcome.json").write_text(json.dumps(OUTCOME | more))
    return folder


def test_a_run_that_has_ended_ready_is_told_again_and_ends_well(tmp_path: Path) -> None:
    folder = ended(tmp_path)

    done = demo("--data", str(folder), "--json", str(tmp_path / "out.json"))

    assert done.returncode == 0
    assert "The model is scripted" in done.stdout
    assert "Ready for review after 61 s, $0.42 of $15.00 (scripted" in done.stdout
    assert "http://127.0.0.1:1/demo/shop/pull/2" in done.stdout
    assert json.loads((tmp_path / "out.json").read_text()) == OUTCOME
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "more", [{"state": "blocked", "reason": "no plan", "draft": True}, {"draft": True}]
)
def test_a_run_that_has_ended_otherwise_does_not_end_well(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    done = demo("--data", str(ended(tmp_path, **more)))

    assert done.returncode == 1
    assert more.get("reason", "") in done.stdout
    assert "http://127.0.0.1:1/demo/shop/issues/1" in done.stdout


def test_what_cannot_be_is_said_without_a_traceback(tmp_path: Path) -> None:
    done = demo("--data", str(tmp_path / "demo"), "--repo", str(tmp_path))

    assert done.returncode == 1
    assert "--repo needs --issue FILE" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_script_and_the_real_model_exclude_each_other(tmp_path: Path) -> None:
    done = demo("--data", str(tmp_path), "--live", "--script", "x.yaml")

    assert done.returncode == 2


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (["--live"], "needs ANTHROPIC_API_KEY in the environment"),
        (["--json", "/proc/none/out.json"], "/proc/none/out.json cannot be written"),
    ],
)
def test_what_would_be_missed_at_the_end_is_missed_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: list[str], told: str
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)

    done = demo("--data", str(tmp_path / "demo"), *option)

    assert done.returncode == 1
    assert told in done.stderr
    assert not (tmp_path / "demo").exists()
