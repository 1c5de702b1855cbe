"""The doctor says of each thing whether it is sound, and otherwise what to do."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from app.clock import SystemClock
from app.store.engine import make_engine
from app.store.migrating import migrate
from app.wiring.doctor.examination import Examined, examined
from app.wiring.doctor.examinations import examinations
from app.wiring.doctor.machine import of_the_program
from app.wiring.sandbox import UNCAGED

GOOD: dict[str, object] = {
    "github_app_id": 1,
    "github_private_key": "key.pem",
    "github_webhook_secret": "s" * 32,
    "anthropic_api_key": "sk-ant-1234567890",
    "_env_file": None,
}


async def _examined(directory: Path, subject: str, **changed: object) -> Examined:
    places = {"data_dir": directory, "database_url": f"sqlite:///{directory}/phaseline.db"}
    async with examinations({**GOOD, **places, **changed}, SystemClock()) as wanted:
        (found,) = (one for one in wanted if one.subject == subject)
        return await examined(found)


@pytest.mark.parametrize("subject", ["settings", "git", "programs", "agents", "data", "sandbox"])
async def test_on_this_machine_everything_is_sound(tmp_path: Path, subject: str) -> None:
    found = await _examined(tmp_path, subject)

    assert found.sound, found.told


async def test_settings_that_cannot_be_read_are_named_and_the_cage_is_tried_all_the_same() -> None:
    async with examinations({"_env_file": None}, SystemClock()) as wanted:
        found = {one.subject: one for one in wanted}
        settings = await examined(found["settings"])

    assert list(found) == ["settings", "git", "programs", "agents", "sandbox"]
    assert not settings.sound
    assert "PHASELINE_GITHUB_APP_ID" in settings.told


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (None, "is missing: install git"),
        ("git version 2.37.9", "needs 2.38 or newer"),
        ("no git at all", "needs 2.38 or newer"),
    ],
)
async def test_git_that_is_missing_or_too_old_is_named_with_what_to_do(
    tmp_path: Path, says: str | None, told: str
) -> None:
    git = tmp_path / "git"
    if says is not None:
        git.write_text(f"#!/bin/sh\necho '{says}'\n")
        git.chmod(0o755)

    (examination, *_) = of_the_program(git)
    found = await examined(examination)

    assert (found.subject, found.sound) == ("git", False)
    assert found.told.startswith(str(git))
    assert told in found.told


async def test_a_model_without_a_price_and_one_that_nobody_serves_are_named_with_their_settings(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"

    priceless = await _examined(tmp_path, "model", model_opus="claude-unheard-of")
    unserved = await _examined(tmp_path, "model", anthropic_base_url=nobody)

    assert not priceless.sound
    assert "claude-unheard-of" in priceless.told
    assert "PHASELINE_MODEL_OPUS" in priceless.told
    assert not unserved.sound
    assert "ANTHROPIC_BASE_URL" in unserved.told


async def test_a_data_directory_that_cannot_be_written_is_named_with_its_setting(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")

    found = await _examined(tmp_path, "data", data_dir=tmp_path / "file")

    assert not found.sound
    assert "PHASELINE_DATA_DIR" in found.told


async def test_a_database_is_looked_at_and_neither_made_nor_migrated(tmp_path: Path) -> None:
    absent = await _examined(tmp_path, "database")
    migrate(f"sqlite:///{tmp_path}/made.db")
    made = await _examined(tmp_path, "database", database_url=f"sqlite:///{tmp_path}/made.db")

    assert absent.sound
    assert "the first start makes it" in absent.told
    assert not (tmp_path / "phaseline.db").exists()
    assert made.sound
    assert made.told.startswith("schema ")


async def test_a_database_of_a_newer_version_and_one_that_is_none_are_said_so(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path}/newer.db"
    migrate(url)
    engine = make_engine(url, begin="IMMEDIATE")
    with engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = 'from-tomorrow'")
    engine.dispose()
    (tmp_path / "none.db").write_text("this is no database, whatever its name says" * 40)

    newer = await _examined(tmp_path, "database", database_url=url)
    none = await _examined(tmp_path, "database", database_url=f"sqlite:///{tmp_path}/none.db")

    assert not newer.sound
    assert "run that one, or restore a backup" in newer.told
    assert not none.sound
    assert "PHASELINE_DATABASE_URL" in none.told


async def test_a_cage_that_belongs_to_the_agents_is_not_sound(tmp_path: Path) -> None:
    # Only a root service chooses the uid of its agents; any other has none to mistake.
    uid = 4242 if os.geteuid() == 0 else os.geteuid()
    os.chown(tmp_path, uid, -1)

    found = await _examined(tmp_path, "sandbox", agent_uid=uid)

    assert found.sound == (os.geteuid() != 0), found.told
    assert found.sound or "PHASELINE_AGENT_UID" in found.told


async def test_no_cage_is_said_loudly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = UNCAGED.is_symlink()

    found = await _examined(tmp_path, "sandbox", sandbox="none", sandbox_none_i_accept="yes")

    assert "PHASELINE_SANDBOX=none" in (found.told + caplog.text)
    if UNCAGED.is_symlink() and not before:
        UNCAGED.unlink()


def test_the_command_lists_what_it_found_and_exits_by_it(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("phaseline")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    finished = subprocess.run(
        [program, "doctor"], cwd=tmp_path, env=kept, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 1
    assert finished.stdout.startswith("MEND   settings       Settings, from the environment alone")
    assert "\nok     git            git version" in finished.stdout
    assert "Mend what is marked" in finished.stdout


def test_programs_read_the_same_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    finished = CliRunner().invoke(app, ["doctor", "--json"])

    found = {row["subject"]: row["verdict"] for row in json.loads(finished.stdout)}
    assert finished.exit_code == 1
    assert (found["settings"], found["git"]) == ("mend", "ok")
