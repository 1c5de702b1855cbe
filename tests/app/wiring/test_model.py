"""What an operator sets of the models is what the sessions work by."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.claude.models import ModelsError
from app.clock import SystemClock
from app.durable.drain import Drain
from app.settings import Settings, load
from app.wiring.model import models_of, sessions_of
from app.wiring.store import Store
from phases.core.agent import Tier
from phases.core.model import StepOutcome
from tests.app.claude.kit import accept, assignment, submit
from tests.app.claude.test_models import ALL, serving_models
from tests.app.claude.wire import Sent, Wire, by_turn, call, reply, serving
from tests.app.store.story import running
from tests.databases import migrated
from tests.fakes.desk import FakeDesk


def settings(directory: Path, **changed: Any) -> Settings:
    return load(
        database_url=migrated(directory / "phaseline.db"),
        github_app_id=1,
        github_private_key="key.pem",
        github_webhook_secret="s" * 32,
        anthropic_api_key="sk-ant-1234567890",
        _env_file=None,
        **changed,
    )


def test_tiers_and_working_budget_are_those_of_the_settings(tmp_path: Path) -> None:
    given = {"working_budget_tokens": 9_000, "model_haiku": "claude-small"}

    models = models_of(settings(tmp_path, **given))

    assert models.working_tokens == 9_000
    assert models.of(Tier.HAIKU) == "claude-small"


def test_on_bedrock_where_no_summary_can_be_asked_for_there_is_no_working_budget(
    tmp_path: Path,
) -> None:
    models = models_of(settings(tmp_path, model_provider="bedrock"))

    assert models.working_tokens == 0


async def test_a_start_with_a_model_that_is_not_served_is_refused(tmp_path: Path) -> None:
    async with serving(serving_models(claude_opus_5_5="active")) as server:
        given = settings(tmp_path, anthropic_base_url=server.url)
        store = Store(given, SystemClock())

        with pytest.raises(ModelsError, match=r"serves no 'claude-.*PHASELINE_MODEL_"):
            async with sessions_of(given, store, SystemClock(), Drain()):
                raise AssertionError("it has started")


@pytest.mark.parametrize("switch", [True, False])
async def test_misses_of_the_cache_are_explained_where_the_operator_wants_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, switch: bool
) -> None:
    written = {"input_tokens": 0, "cache_creation_input_tokens": 5_000, "output_tokens": 10}
    look = reply(call("grep", {"pattern": "a"}, "t0"), usage=written)
    turns, listed = by_turn(look, reply(submit(), usage=written)), serving_models(**ALL)

    def respond(sent: Sent) -> Wire:
        wire: Wire = listed(sent) if sent.path.startswith("/v1/models") else turns(sent)
        return wire

    async with serving(respond) as server:
        given = settings(tmp_path, anthropic_base_url=server.url, explain_cache_misses=switch)
        store = Store(given, SystemClock())
        async with store.database, sessions_of(given, store, SystemClock(), Drain()) as sessions:
            run = await running(store.database, store.runs)
            end = await sessions.converse(replace(assignment(), run=run.id), FakeDesk(), accept)

    assert end.outcome is StepOutcome.DONE
    assert ("cache missed" in caplog.text) is switch
