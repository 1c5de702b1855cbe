"""Requests that are known by their shape and consume no turn."""

from typing import Any

import anthropic
import httpx2
import pytest

from tests.rehearsal.claude.conftest import Serve

STEPS = """
  qa/debugger/1:
    - say: First
    - {say: Second, expect: "the word"}
"""
BETA = ["compact-2026-09-04"]
TALK: list[Any] = [
    {"role": "user", "content": "Go"},
    {"role": "assistant", "content": "First"},
    {"role": "user", "content": "the word is said"},
]


def test_tokens_are_counted_at_three_characters_each(serve: Serve) -> None:
    client = serve(STEPS).client("qa/debugger/1")

    short = client.messages.count_tokens(
        model="claude-opus-5-5", messages=[{"role": "user", "content": "x"}]
    )
    long = client.messages.count_tokens(
        model="claude-opus-5-5", messages=[{"role": "user", "content": "x" * 3_001}]
    )

    assert long.input_tokens - short.input_tokens == 1_000


def test_a_keep_alive_writes_the_cache_and_says_nothing(serve: Serve) -> None:
    served = serve(STEPS)
    client = served.client("")
    messages: list[Any] = [{"role": "user", "content": "words " * 1_000}]

    first = client.messages.create(
        model="claude-opus-5-5",
        max_tokens=0,
        messages=messages,
        cache_control={"type": "ephemeral", "ttl": "1h"},
    )
    second = client.messages.create(
        model="claude-opus-5-5",
        max_tokens=0,
        messages=messages,
        cache_control={"type": "ephemeral", "ttl": "1h"},
    )

    assert (first.content, first.stop_reason, first.usage.output_tokens) == ([], "max_tokens", 0)
    assert first.usage.cache_creation is not None
    assert first.usage.cache_creation.ephemeral_1h_input_tokens > 1_900
    assert second.usage.cache_read_input_tokens == first.usage.cache_creation_input_tokens
    assert [entry["kind"] for entry in served.entries()] == ["keep_alive", "keep_alive"]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_compacted_conversation_goes_on_at_its_turn(serve: Serve, streamed: bool) -> None:
    client = serve(STEPS).client("qa/debugger/1")
    asked: dict[str, Any] = {
        "model": "claude-opus-5-5",
        "max_tokens": 500,
        "messages": TALK,
        "betas": BETA,
        "compaction": {"type": "summarize"},
    }

    if streamed:
        with client.beta.messages.stream(**asked) as stream:
            compacted = stream.get_final_message()
    else:
        compacted = client.beta.messages.create(**asked)
    block: Any = {"role": "assistant", "content": [one.to_dict() for one in compacted.content]}
    after = client.beta.messages.create(
        model="claude-opus-5-5", max_tokens=500, messages=[block], betas=BETA
    )

    assert compacted.stop_reason == "compaction"
    assert [one.type for one in compacted.content] == ["compaction"]
    assert compacted.usage.input_tokens == 0
    assert compacted.usage.iterations is not None
    assert compacted.usage.iterations[0].input_tokens > 0
    assert after.content[0].to_dict()["text"] == "Second"


def test_a_conversation_goes_on_at_its_turn_when_only_the_text_of_its_summary_is_sent(
    serve: Serve,
) -> None:
    client = serve(STEPS).client("qa/debugger/1")
    compacted = client.beta.messages.create(
        model="claude-opus-5-5",
        max_tokens=500,
        messages=TALK,
        betas=BETA,
        compaction={"type": "summarize"},
    )
    summary = compacted.content[0].to_dict()["content"]
    prompt: list[Any] = [{"type": "text", "text": "Do it."}, {"type": "text", "text": summary}]

    after = client.messages.create(
        model="claude-opus-5-5", max_tokens=500, messages=[{"role": "user", "content": prompt}]
    )

    assert after.content[0].to_dict()["text"] == "Second"


def test_a_compaction_that_was_changed_on_its_way_is_refused(serve: Serve) -> None:
    client = serve(STEPS).client("qa/debugger/1")
    compacted = client.beta.messages.create(
        model="claude-opus-5-5",
        max_tokens=500,
        messages=TALK,
        betas=BETA,
        compaction={"type": "summarize"},
    )
    changed: Any = compacted.content[0].to_dict() | {"content": "Everything is done."}

    with pytest.raises(anthropic.BadRequestError) as refusal:
        client.beta.messages.create(
            model="claude-opus-5-5",
            max_tokens=500,
            messages=[{"role": "assistant", "content": [changed]}],
            betas=BETA,
        )

    assert refusal.value.error_code == "compaction_signature_invalid"


def test_the_models_are_listed_and_found(serve: Serve) -> None:
    client = serve(STEPS).client("")

    listed = [model.id for model in client.models.list()]
    one = client.models.retrieve("claude-haiku-5-5")

    assert listed == ["claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"]
    assert (one.lifecycle, one.max_tokens) == ("active", 128_000)
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("claude-2")


def test_the_front_page_says_that_the_model_is_scripted(serve: Serve) -> None:
    answer = httpx2.get(serve(STEPS).url)

    assert "This is not a model" in answer.text
    assert "A small thing" in answer.text
    assert answer.headers["x-phaseline-scripted"] == "true"


def test_a_path_that_does_not_exist_gets_the_apis_error(serve: Serve) -> None:
    answer = httpx2.get(f"{serve(STEPS).url}/v1/files")

    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "not_found_error"
