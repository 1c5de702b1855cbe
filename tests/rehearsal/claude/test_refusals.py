"""What the live API refuses, the scripted one refuses too, in the same form."""

from typing import Any

import pytest

from tests.rehearsal.claude.conftest import TOOLS, Serve

STEPS = "  qa/debugger/1: [{say: Done}]\n"
GOOD: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
}
USE = {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}


def strict(properties: dict[str, Any], **more: Any) -> list[Any]:
    schema = {
        "type": "object",
        "properties": properties,
        "required": [],
        "additionalProperties": False,
        **more,
    }
    return [{"name": "submit", "strict": True, "input_schema": schema}]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "temperature": ({"temperature": 1.0}, "`temperature` is deprecated for this model."),
    "top_k": ({"top_k": 5}, "`top_k` is deprecated"),
    "forced tool": ({"tool_choice": {"type": "any"}}, 'type "tool" and "any" are not supported'),
    "enabled thinking": ({"thinking": {"type": "enabled"}}, '"thinking.type.enabled" is not'),
    "unknown field": ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    "no messages": ({"messages": []}, "at least one message is required"),
    "empty content": ({"messages": [{"role": "user", "content": ""}]}, "non-empty content"),
    "blank text": (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": " "}]}]},
        "must contain non-whitespace text",
    ),
    "assistant first": (
        {"messages": [{"role": "assistant", "content": "Hi"}]},
        'first message must use the "user" role',
    ),
    "system role": (
        {"messages": [{"role": "system", "content": "Hi"}]},
        "messages.0.role: Input should be 'user' or 'assistant'",
    ),
    "prefill": (
        {"messages": [*GOOD["messages"], {"role": "assistant", "content": "I"}]},
        "does not support assistant message prefill",
    ),
    "unanswered call": (
        {
            "tools": TOOLS,
            "messages": [
                *GOOD["messages"],
                {"role": "assistant", "content": [USE]},
                {"role": "user", "content": "well?"},
            ],
        },
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: to",
    ),
    "result of no call": (
        {"tools": TOOLS, "messages": [{"role": "user", "content": [RESULT]}]},
        "unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
    ),
    "two results": (
        {
            "tools": TOOLS,
            "messages": [
                *GOOD["messages"],
                {"role": "assistant", "content": [USE]},
                {"role": "user", "content": [RESULT, RESULT]},
            ],
        },
        "each tool_use must have a single result",
    ),
    "text before results": (
        {
            "tools": TOOLS,
            "messages": [
                *GOOD["messages"],
                {"role": "assistant", "content": [USE]},
                {"role": "user", "content": [{"type": "text", "text": "so"}, RESULT]},
            ],
        },
        "without `tool_result` blocks immediately after",
    ),
    "calls without tools": (
        {
            "messages": [
                *GOOD["messages"],
                {"role": "assistant", "content": [USE]},
                {"role": "user", "content": [RESULT]},
            ],
        },
        "must define tools",
    ),
    "max_tokens": ({"max_tokens": 128_001}, "128001 > 128000"),
    "streamed keep-alive": ({"max_tokens": 0, "stream": True}, "max_tokens: 0 is not supported"),
    "two tools of one name": ({"tools": [TOOLS[0], TOOLS[0]]}, "Tool names must be unique"),
    "tool without schema": ({"tools": [{"name": "x"}]}, "input_schema: Field required"),
    "optional parameters": (
        {"tools": strict({f"p{n}": {"type": "string"} for n in range(25)})},
        "too many optional parameters (25)",
    ),
    "length keyword": (
        {"tools": strict({"p": {"type": "string", "maxLength": 5}})},
        "property 'maxLength' is not supported",
    ),
    "open object": (
        {"tools": strict({}, additionalProperties=True)},
        "'additionalProperties' must be explicitly set to false",
    ),
    "large grammar": (
        {
            "tools": strict(
                {"p": {"type": "string", "enum": [f"value-{n}" for n in range(1_000)]}},
                required=["p"],
            )
        },
        "The compiled grammar is too large",
    ),
    "compaction without its beta": (
        {"compaction": {"type": "summarize"}},
        "compaction: Extra inputs are not permitted",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_the_api_refuses_is_refused_with_its_sentence(serve: Serve, name: str) -> None:
    change, sentence = BAD[name]

    answer = serve(STEPS).post(GOOD | change, X_Phaseline_Step="qa/debugger/1")

    body = answer.json()
    assert answer.status_code == 400
    assert body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error"
    assert sentence in body["error"]["message"]
    assert body["request_id"] == answer.headers["request-id"]


def test_the_request_that_all_refusals_vary_is_itself_answered(serve: Serve) -> None:
    answer = serve(STEPS).post(GOOD, X_Phaseline_Step="qa/debugger/1")

    assert answer.status_code == 200
    assert answer.headers["x-phaseline-scripted"] == "true"


def test_strict_tools_within_the_limits_are_accepted(serve: Serve) -> None:
    tools = strict({f"p{n}": {"type": "string"} for n in range(24)})

    answer = serve(STEPS).post(GOOD | {"tools": tools}, X_Phaseline_Step="qa/debugger/1")

    assert answer.status_code == 200


def test_an_unknown_model_is_not_found(serve: Serve) -> None:
    answer = serve(STEPS).post(GOOD | {"model": "claude-2"}, X_Phaseline_Step="qa/debugger/1")

    assert answer.status_code == 404
    assert answer.json()["error"] == {"type": "not_found_error", "message": "model: claude-2"}


def test_a_request_without_a_key_is_unauthorised(serve: Serve) -> None:
    answer = serve(STEPS).post(GOOD, x_api_key="", X_Phaseline_Step="qa/debugger/1")

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


def test_a_bearer_token_is_a_key(serve: Serve) -> None:
    answer = serve(STEPS).post(
        GOOD, x_api_key="", authorization="Bearer a-key", X_Phaseline_Step="qa/debugger/1"
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("version", ["", "2020-01-01"])
def test_a_request_without_a_known_version_is_refused(serve: Serve, version: str) -> None:
    answer = serve(STEPS).post(GOOD, anthropic_version=version, X_Phaseline_Step="qa/debugger/1")

    assert answer.status_code == 400
    assert "anthropic-version" in answer.json()["error"]["message"]


def test_a_refusal_is_logged_without_being_called_a_misfit(serve: Serve) -> None:
    served = serve(STEPS)

    served.post(GOOD | {"temperature": 0}, X_Phaseline_Step="qa/debugger/1")

    entry = served.entries()[0]
    assert entry["status"] == 400
    assert entry["misfit"] is False
    assert "temperature" in entry["error"]
