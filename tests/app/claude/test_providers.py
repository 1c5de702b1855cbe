"""The clients of all providers: each built, and one request of each sent to a server here."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app.claude.asking import Answer, Asking
from app.claude.client import Provider
from app.claude.misses import Misses, first_difference
from app.claude.prices import Prices
from app.claude.retry import Retry
from app.settings import Settings, load
from app.wiring.model import client_of
from phases.core.session import Block
from tests.app.claude.kit import MODELS, PROMPT, READER, assignment, stage, submit
from tests.app.claude.wire import by_turn, call, in_order, reply, serving
from tests.fakes.waiting import FakePause, FakeWatch

BODY: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 8_000,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
}
GIVEN: dict[Provider, dict[str, str]] = {
    Provider.ANTHROPIC: {"anthropic_api_key": "sk-key"},
    Provider.BEDROCK: {"anthropic_api_key": "bedrock-key", "model_region": "eu-central-1"},
    Provider.VERTEX: {
        "anthropic_api_key": "token",
        "model_region": "europe-west1",
        "model_project": "shop",
    },
}
VERTEX = "/projects/shop/locations/europe-west1/publishers/anthropic/models"
PATHS = {
    Provider.ANTHROPIC: "/v1/messages",
    Provider.BEDROCK: "/v1/messages",
    Provider.VERTEX: f"{VERTEX}/claude-sonnet-5-5:streamRawPredict",
}


BASE_URLS = {
    Provider.ANTHROPIC: "ANTHROPIC_BASE_URL",
    Provider.BEDROCK: "ANTHROPIC_BEDROCK_MANTLE_BASE_URL",
    Provider.VERTEX: "ANTHROPIC_VERTEX_BASE_URL",
}


def settings(provider: Provider) -> Settings:
    """Return what an operator would set; where the clouds are, the SDK's own variables say."""
    given: Any = GIVEN[provider]
    return load(
        github_app_id=1,
        github_private_key="key.pem",
        github_webhook_secret="s" * 32,
        model_provider=provider.value,
        model_headers='{"X-Team": "web"}',
        _env_file=None,
        **given,
    )


async def lost_nothing() -> None:
    raise AssertionError("an answer was lost")


@pytest.mark.parametrize("provider", Provider)
async def test_a_client_of_each_provider_sends_a_request_and_reads_the_reply(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(in_order(reply(submit()))) as server:
        monkeypatch.setenv(BASE_URLS[provider], server.url)
        async with client_of(settings(provider)) as client:
            asking = Asking(client, Retry(FakePause(), FakeWatch()), FakeWatch())
            body = json.dumps({**BODY, "stream": True}).encode()
            answer = await asking.ask(body, {"X-Phaseline-Run": "r"}, lambda: None, lost_nothing)

    (sent,) = server.sent
    assert isinstance(answer, Answer)
    assert answer.message["content"] == [submit()]
    assert sent.path == PATHS[provider]
    assert sent.headers["x-team"] == "web"
    assert sent.headers["x-phaseline-run"] == "r"
    assert sent.body["stream"] is True
    assert sent.body["messages"] == BODY["messages"]
    assert GIVEN[provider]["anthropic_api_key"] in str(sent.headers)


@pytest.mark.parametrize("provider", Provider)
def test_every_provider_has_a_price_list(provider: Provider) -> None:
    watch = FakeWatch()

    Prices(provider.price_list).check(MODELS.ids.values(), watch.now())


async def test_a_session_says_what_differs_when_a_prefix_misses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    written = {"input_tokens": 0, "cache_creation_input_tokens": 5_000, "output_tokens": 10}
    turns = by_turn(
        reply(call("grep", {"pattern": "a"}, "t0"), usage=written),
        reply(call("grep", {"pattern": "b"}, "t1"), usage=written),
        reply(submit(), usage=written),
    )

    async with stage(turns) as at:
        await at.converse()

    missed = [record.__dict__ for record in caplog.records if record.message == "cache missed"]
    assert [record["turn"] for record in missed] == [2, 3]
    assert all(record["expected"] == 5_000 for record in missed)
    assert all(record["differs"].startswith("nothing") for record in missed)


async def test_fellows_whose_roles_differ_miss_nothing_when_they_read_what_they_share(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lifetimes = {"ephemeral_5m_input_tokens": 1_000, "ephemeral_1h_input_tokens": 4_000}
    first = {
        "input_tokens": 0,
        "cache_creation_input_tokens": 5_000,
        "cache_creation": lifetimes,
        "output_tokens": 10,
    }
    second = {"input_tokens": 1_000, "cache_read_input_tokens": 4_000, "output_tokens": 10}
    role = replace(PROMPT, blocks=(*PROMPT.blocks[:2], Block("another role")))

    async with stage(in_order(reply(submit(), usage=first), reply(submit(), usage=second))) as at:
        await at.converse()
        await at.converse(assignment(agent=READER, prompt=role))

    assert "cache missed" not in caplog.text


def body(**changes: Any) -> bytes:
    text = {"type": "text", "text": "Hello"}
    whole = {
        "model": "m",
        "tools": [{"name": "bash"}],
        "system": [text],
        "messages": [{"role": "user", "content": [text, {**text, "text": "Bye"}]}],
        **changes,
    }
    return json.dumps(whole).encode()


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"model": "n"}, "model"),
        ({"tools": [{"name": "bash", "x": 1}]}, "tools.0 (bash)"),
        ({"system": [{"type": "text", "text": "Other"}]}, "system.0"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]},
            "messages.0.content.1 (user)",
        ),
    ],
)
def test_the_first_part_that_differs_is_named(
    changed: dict[str, Any], part: str, caplog: pytest.LogCaptureFixture
) -> None:
    misses = Misses(enabled=True)

    misses.look("key", body(), 0, 100, {})
    misses.look("key", body(**changed), 0, 100, {})

    assert [record.__dict__["differs"] for record in caplog.records] == [part]


def test_markers_are_no_difference_and_what_is_switched_off_says_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    marked = {"type": "text", "text": "Hello", "cache_control": {"type": "ephemeral"}}
    quiet = Misses(enabled=False)

    quiet.look("key", body(), 0, 100, {})
    quiet.look("key", body(model="n"), 0, 100, {})
    misses = Misses(enabled=True)
    misses.look("key", body(system=[marked]), 0, 0, {})
    misses.look("key", body(), 0, 100, {})

    assert caplog.records == []
    assert first_difference((("a", "1"),), (("a", "1"), ("b", "2"))).startswith("nothing")
