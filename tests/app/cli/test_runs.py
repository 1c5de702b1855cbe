"""`phaseline runs` over a database that a run has passed through, as an operator calls it."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from app.store.tables import TurnRecord
from phases.core.machine import RunState
from tests.fakes.outside import Play
from tests.forking import ForkServer
from tests.phases.play import standard_play
from tests.phases.runs import driven

API_KEY = "sk-of-the-operator-4711"


@dataclass
class Desk:
    """A database and the command line over it."""

    forks: ForkServer
    folder: Path
    run: str

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        foreign = ("PHASELINE_", "ANTHROPIC_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        environment = kept | {
            "PHASELINE_DATABASE_URL": f"sqlite:///{self.folder / 'phaseline.db'}",
            "PHASELINE_GITHUB_APP_ID": "1",
            "PHASELINE_GITHUB_PRIVATE_KEY": "key.pem",
            "PHASELINE_GITHUB_WEBHOOK_SECRET": "s" * 32,
            "ANTHROPIC_API_KEY": API_KEY,
        }
        return self.forks.run(("runs", *arguments), environment, self.folder)

    def state(self) -> str:
        found = json.loads(self.command("show", self.run, "--json").stdout)
        return str(found["run"]["state"])


async def desk(forks: ForkServer, folder: Path, play: Play) -> Desk:
    """Drive a run to its stop and leave its database behind."""
    async with driven(folder, play) as (it, _):
        turn = {
            "session": f"{it.run.id}/planning/architect/1#1",
            "n": 0,
            "run_id": it.run.id,
            "request_sha256": "0" * 64,
            "reply": {"content": [{"type": "text", "text": f"the key is {API_KEY}"}]},
            "seconds": 1.0,
            "at": it.clock.now(),
        }
        await it.database.write(lambda c: c.execute(sa.insert(TurnRecord), turn))
        return Desk(forks, folder, it.run.id)


def failing_play() -> Play:
    play = standard_play()
    del play["planning/architect/1"]
    return play


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def passed(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Desk:
    return await desk(forks, tmp_path_factory.mktemp("passed"), standard_play())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stopped(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Desk:
    return await desk(forks, tmp_path_factory.mktemp("stopped"), failing_play())


@pytest.fixture
def ready(passed: Desk, tmp_path: Path) -> Desk:
    return copied(passed, tmp_path)


@pytest.fixture
def blocked(stopped: Desk, tmp_path: Path) -> Desk:
    return copied(stopped, tmp_path)


def copied(given: Desk, folder: Path) -> Desk:
    """Return the same database in a place of its own; nobody has it open."""
    shutil.copytree(given.folder, folder, dirs_exist_ok=True)
    return replace(given, folder=folder)


async def test_the_list_names_each_run_with_its_state(ready: Desk) -> None:
    text = ready.command("list").stdout
    found = json.loads(ready.command("list", "--json", "--state", "ready").stdout)
    none = json.loads(ready.command("list", "--json", "--repository", "acme/other").stdout)

    assert ready.run[:8] in text
    assert "acme/widgets#3" in text
    assert [(run["id"], run["state"]) for run in found] == [(ready.run, "ready")]
    assert none == []


async def test_a_list_without_runs_says_so_and_a_state_that_is_none_is_refused(ready: Desk) -> None:
    none = ready.command("list", "--state", "failed")
    wrong = ready.command("list", "--state", "nonsense")
    half = ready.command("list", "--repository", "widgets")

    assert none.stdout == "No runs.\n"
    assert wrong.returncode == 2
    assert "queued" in wrong.stderr
    assert "OWNER/NAME" in half.stderr


async def test_a_run_is_shown_by_the_beginning_of_its_id(ready: Desk) -> None:
    text = ready.command("show", ready.run[:6]).stdout

    assert ready.run in text
    assert "implementation/backend-developer/1" in text
    assert "asked for" in text


async def test_an_id_that_no_run_has_is_refused_with_what_to_do(ready: Desk) -> None:
    done = ready.command("show", "no-such-run")

    assert done.returncode == 2
    assert "`phaseline runs list` shows them" in done.stderr


async def test_the_time_line_is_in_order_and_holds_every_kind(ready: Desk) -> None:
    found = json.loads(ready.command("events", ready.run, "--json").stdout)

    assert {"run", "phase", "work", "posted"} <= {line["kind"] for line in found}
    assert [line["at"] for line in found] == sorted(line["at"] for line in found)
    assert "planning" in ready.command("events", ready.run).stdout


async def test_a_retry_moves_a_blocked_run_on_and_names_the_operator(blocked: Desk) -> None:
    before = blocked.state()
    shown = blocked.command("show", blocked.run).stdout

    done = blocked.command("retry", blocked.run, "--as", "night-shift")

    assert before in {RunState.BLOCKED, RunState.FAILED}
    assert done.stdout.startswith(f"Run {blocked.run[:8]} is running.\n")
    assert blocked.state() == RunState.RUNNING
    assert f"`phaseline runs retry {blocked.run[:8]}` goes on" in shown
    assert "The operator night-shift ordered: retry." in blocked.command("show", blocked.run).stdout


async def test_a_cancelled_run_says_who_cancelled_it(blocked: Desk) -> None:
    blocked.command("cancel", blocked.run, "--as", "night-shift")

    found = json.loads(blocked.command("show", blocked.run, "--json").stdout)
    assert found["run"]["state"] == RunState.CANCELLED
    assert "the operator night-shift asked for it" in found["run"]["reason"]


async def test_an_order_that_does_not_fit_is_refused_with_the_reason(ready: Desk) -> None:
    done = ready.command("retry", ready.run)

    assert done.returncode == 2
    assert "This run has ended" in done.stderr
    assert ready.state() == RunState.READY


async def test_an_export_holds_all_of_a_run_and_no_secret(ready: Desk) -> None:
    target = ready.folder / "run.json"

    done = ready.command("export", ready.run, "--to", str(target))
    again = ready.command("export", ready.run, "--to", str(target))

    text = target.read_text()
    kept = json.loads(text)
    assert done.returncode == 0, done.stderr
    assert API_KEY not in text
    assert "[redacted]" in kept["transcripts"][0]["turns"][0]["reply"]["content"][0]["text"]
    works = {work["title"]: work for work in kept["record"]["works"]}
    assert any(work["artifact"] and work["artifact"]["text"] for work in works.values())
    assert any(work["receipts"] for work in works.values())
    assert target.stat().st_mode & 0o777 == 0o600
    assert "left alone" in again.stderr


def test_a_database_that_is_not_there_is_named_and_not_made(
    tmp_path: Path, forks: ForkServer
) -> None:
    done = Desk(forks, tmp_path, "").command("list")

    assert done.returncode == 2
    assert "There is no database at" in done.stderr
    assert not (tmp_path / "phaseline.db").exists()
