"""Sessions against the scripted Claude, which refuses what the live API refuses."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.claude.models import Models
from app.claude.sessions import ClaudeSessions
from app.rehearsal.claude.log import RequestLog
from app.rehearsal.claude.reading import read_script
from app.rehearsal.claude.server import create_app
from phases.core.model import StepOutcome
from phases.core.session import Block, Prompt
from tests.app.claude.kit import MODELS, accept, assignment, room
from tests.app.serving import served
from tests.fakes.desk import FakeDesk
from tests.fakes.journal import FakeJournal
from tests.fakes.waiting import FakePause, FakeRest, FakeWatch

SCRIPT = """
version: 1
title: Writes a line
steps:
  implementation/backend-developer/1:
    - say: I look.
      tools:
        - glob: {pattern: "*"}
        - bash: {command: "append a.py x"}
    - expect: "no output"
      say: Is that all?
    - expect: "call `submit`"
      stop: max_tokens
      tools:
        - bash: {command: "append a.py yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}
    - expect: "was cut"
      tools:
        - submit: {outcome: perfect, artifact: "# Done", summary: Did it.}
    - expect: "1\\\\. `outcome`"
      tools:
        - submit: {outcome: done, artifact: "# Done", summary: Did it.}
"""
LONG = Prompt("constant " * 200, (Block("conventions " * 2000, "1h"), Block("role")))

Scripted = Callable[..., AbstractAsyncContextManager[ClaudeSessions]]


@pytest.fixture
def journal() -> FakeJournal:
    return FakeJournal(Decimal(15))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "requests.jsonl"


@pytest.fixture
def scripted(tmp_path: Path, log: Path, journal: FakeJournal) -> Scripted:
    @asynccontextmanager
    async def serve(script: str, models: Models = MODELS) -> AsyncIterator[ClaudeSessions]:
        path = tmp_path / "script.yaml"
        path.write_text(script)
        async with (
            served(create_app(read_script(path), 0, RequestLog(log))) as url,
            room(url, journal, FakePause(), FakeRest(), FakeWatch(), models) as sessions,
        ):
            yield sessions

    return serve


def entries(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


async def test_a_scripted_session_takes_every_turn_and_ends_done(
    scripted: Scripted, log: Path
) -> None:
    desk = FakeDesk()

    async with scripted(SCRIPT) as sessions:
        end = await sessions.converse(assignment(prompt=LONG), desk, accept)

    assert end.outcome is StepOutcome.DONE, end.reason
    assert desk.files == {"a.py": "x"}
    assert [entry["turn"] for entry in entries(log)] == [1, 2, 3, 4, 5]


async def test_the_ledger_agrees_with_the_server_to_the_token(
    scripted: Scripted, log: Path, journal: FakeJournal
) -> None:
    async with scripted(SCRIPT) as sessions:
        await sessions.converse(assignment(prompt=LONG), FakeDesk(), accept)

    billed = [entry["usage"] for entry in entries(log)]
    assert [entry.tokens.uncached for entry in journal.ledger] == [
        usage["input_tokens"] for usage in billed
    ]
    assert [entry.tokens.written_5m + entry.tokens.written_1h for entry in journal.ledger] == [
        usage["cache_creation_input_tokens"] for usage in billed
    ]
    assert [entry.tokens.read for entry in journal.ledger] == [
        usage["cache_read_input_tokens"] for usage in billed
    ]
    assert [entry.tokens.output for entry in journal.ledger] == [
        usage["output_tokens"] for usage in billed
    ]
    assert journal.ledger[0].tokens.written_1h > 0
    assert all(entry.tokens.read > 0 for entry in journal.ledger[1:])


async def test_a_request_that_does_not_fit_the_script_ends_the_session_with_the_difference(
    scripted: Scripted,
) -> None:
    async with scripted(SCRIPT.replace("no output", "impossible")) as sessions:
        end = await sessions.converse(assignment(), FakeDesk(), accept)

    assert end.outcome is StepOutcome.INFRA_ERROR
    assert end.setback is None
    assert "does not fit the script" in end.reason


async def test_a_strict_submit_stays_below_the_limits_of_the_api(scripted: Scripted) -> None:
    models = replace(MODELS, strict=frozenset(MODELS.ids.values()))

    async with scripted(SCRIPT, models) as sessions:
        end = await sessions.converse(assignment(), FakeDesk(), accept)

    assert end.outcome is StepOutcome.DONE, end.reason


async def test_the_models_of_the_scripted_claude_are_served(scripted: Scripted) -> None:
    async with scripted(SCRIPT) as sessions:
        await sessions.check_models()
