import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.claude.client import make_client
from app.claude.models import Models, ModelsAwayError, ModelsError, check_served
from app.claude.prices import NoPriceError
from phases.core.agent import Tier
from tests.app.claude.kit import MODELS, assignment, client_settings, stage
from tests.app.claude.wire import Sent, Wire, error, in_order


def serving_models(**lifecycles: str | None) -> Any:
    """Answer GET /v1/models."""

    def respond(sent: Sent) -> Wire:
        assert sent.path.startswith("/v1/models")
        data = [
            {"type": "model", "id": name.replace("_", "-"), "display_name": name}
            | ({"lifecycle": lifecycle} if lifecycle else {})
            for name, lifecycle in lifecycles.items()
        ]
        body = {"data": data, "has_more": False, "first_id": None, "last_id": None}
        return Wire(body=json.dumps(body).encode(), headers={"content-type": "application/json"})

    return respond


ALL = {"claude_opus_5_5": "active", "claude_sonnet_5_5": None, "claude_haiku_5_5": "active"}


async def test_models_that_are_served_and_priced_pass() -> None:
    async with stage(serving_models(**ALL)) as at:
        await at.sessions.check_models()

    assert len(at.server.sent) == 1


async def test_a_model_that_is_not_served_is_named_with_its_setting_and_the_choice() -> None:
    async with stage(serving_models(claude_opus_5_5="active")) as at:
        with pytest.raises(
            ModelsError,
            match=r"no 'claude-haiku-5-5' \(PHASELINE_MODEL_HAIKU\). It serves: claude-opus-5-5",
        ):
            await at.sessions.check_models()


async def test_a_retired_model_is_refused() -> None:
    async with stage(serving_models(**(ALL | {"claude_opus_5_5": "retired"}))) as at:
        with pytest.raises(ModelsError, match="retired: set PHASELINE_MODEL_OPUS"):
            await at.sessions.check_models()


async def test_a_deprecated_model_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with stage(serving_models(**(ALL | {"claude_opus_5_5": "deprecated"}))) as at:
        await at.sessions.check_models()

    assert [
        record.__dict__["model"] for record in caplog.records if record.levelno == logging.WARNING
    ] == ["claude-opus-5-5"]


async def test_a_model_without_a_price_refuses_before_anything_is_asked() -> None:
    models = replace(MODELS, ids={Tier.OPUS: "claude-nix"})

    async with stage(serving_models(**ALL), models=models) as at:
        with pytest.raises(NoPriceError):
            await at.sessions.check_models()

    assert at.server.sent == []


async def test_a_key_that_is_refused_is_said_to_be() -> None:
    async with stage(in_order(error(401, "authentication_error"))) as at:
        with pytest.raises(ModelsError, match="check ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL"):
            await at.sessions.check_models()


async def test_a_key_that_is_missing_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_PROFILE",
        "ANTHROPIC_CONFIG_DIR",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = replace(client_settings("http://127.0.0.1:1"), api_key=None)

    async with make_client(settings) as client:
        with pytest.raises(ModelsError, match="check ANTHROPIC_API_KEY"):
            await check_served(client, MODELS)


async def test_an_api_that_cannot_be_reached_is_said_to_be() -> None:
    async with stage(in_order(Wire(silent=True))) as at:
        with pytest.raises(ModelsAwayError, match="cannot be reached"):
            await at.sessions.check_models()


async def test_a_tier_stands_for_its_model() -> None:
    async with stage(in_order()) as at:
        assert at.sessions.model_of(assignment()) == "claude-sonnet-5-5"
        assert at.sessions.model_of(replace(assignment(), tier=Tier.OPUS)) == "claude-opus-5-5"


def test_models_know_the_id_of_each_tier() -> None:
    models = Models({Tier.HAIKU: "x"}, frozenset(), 1, 0)

    assert models.of(Tier.HAIKU) == "x"


async def test_the_client_never_retries_and_never_shows_its_key() -> None:
    settings = replace(
        client_settings("http://127.0.0.1:1"),
        api_key="sk-secret",
        headers={"x-gateway": "sk-other"},
    )

    async with make_client(settings) as client:
        assert client.max_retries == 0
        assert client.default_headers["x-gateway"] == "sk-other"
        assert "sk-" not in repr(settings)
