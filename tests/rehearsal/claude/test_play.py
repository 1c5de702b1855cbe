"""Playing a script through the real SDK: turns, tools, expectations, misfits."""

from typing import Any

import anthropic
import pytest

from tests.rehearsal.claude.conftest import TOOLS, Serve

STEPS = """
  planning/architect/1:
    - say: I look at the code first.
      expect_prompt: ["Add a field"]
      tools:
        - bash: {command: ls}
    - expect: ["app\\\\.py", "exit code 0"]
      reject: Traceback
      tools:
        - submit: {outcome: done, summary: Planned, findings: [{id: F1}]}
      usage: {output_tokens: 500}
  qa/debugger/*:
    - say: The cause is a missing comma.
"""


def ask(client: anthropic.Anthropic, messages: list[Any], **more: Any) -> anthropic.types.Message:
    reply: anthropic.types.Message = client.messages.create(
        model="claude-sonnet-5-5", max_tokens=1000, messages=messages, tools=TOOLS, **more
    )
    return reply


def after(reply: anthropic.types.Message, prompt: str, result: str) -> list[Any]:
    call = next(block for block in reply.content if block.type == "tool_use")
    return [
        {"role": "user", "content": prompt},
        {"role": "assistant", "content": [block.to_dict() for block in reply.content]},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": call.id, "content": result}],
        },
    ]


def test_a_script_is_played_turn_by_turn_to_its_submit(serve: Serve) -> None:
    client = serve(STEPS).client("planning/architect/1")

    first = ask(client, [{"role": "user", "content": "Add a field"}])
    second = ask(client, after(first, "Add a field", "app.py\nexit code 0"))

    assert [block.type for block in first.content] == ["text", "tool_use"]
    assert first.stop_reason == "tool_use"
    call = second.content[0]
    assert call.type == "tool_use"
    assert call.input == {
        "outcome": "done",
        "summary": "Planned",
        "findings": [{"id": "F1", "line": None}],
    }
    assert second.usage.output_tokens == 500


def test_the_same_request_gets_the_same_answer_again(serve: Serve) -> None:
    client = serve(STEPS).client("planning/architect/1")

    replies = [ask(client, [{"role": "user", "content": "Add a field"}]) for _ in range(2)]

    assert replies[0].content == replies[1].content
    assert replies[0].id == replies[1].id


def test_a_streamed_reply_accumulates_to_the_same_message(serve: Serve) -> None:
    client = serve(STEPS).client("planning/architect/1")
    prompt: list[Any] = [{"role": "user", "content": "Add a field"}]

    with client.messages.stream(
        model="claude-sonnet-5-5",
        max_tokens=1000,
        messages=prompt,
        tools=TOOLS,
    ) as stream:
        streamed = stream.get_final_message()
    whole = ask(client, prompt)

    assert streamed.stop_reason == "tool_use"
    assert [block.to_dict() for block in streamed.content] == [
        block.to_dict() for block in whole.content
    ]


def test_any_round_is_served_by_a_step_with_a_star(serve: Serve) -> None:
    client = serve(STEPS).client("qa/debugger/3")

    reply = ask(client, [{"role": "user", "content": "It is red"}])

    assert reply.stop_reason == "end_turn"


@pytest.mark.parametrize(
    ("result", "difference"),
    [
        ("nothing here", r"expected /app\\.py/ in the last message, which says:\nnothing here"),
        ("app.py\nexit code 0\nTraceback (most", r"the script rejects /Traceback/"),
    ],
)
def test_a_result_that_does_not_fit_is_refused_with_the_difference(
    serve: Serve, result: str, difference: str
) -> None:
    served = serve(STEPS)
    client = served.client("planning/architect/1")
    first = ask(client, [{"role": "user", "content": "Add a field"}])

    with pytest.raises(anthropic.BadRequestError) as refusal:
        ask(client, after(first, "Add a field", result))

    message = refusal.value.response.json()["error"]["message"]
    assert "planning/architect/1, turn 2" in message
    assert difference.encode().decode("unicode_escape") in message
    assert served.entries()[-1]["misfit"] is True


def test_a_prompt_that_lacks_what_the_script_expects_is_refused(serve: Serve) -> None:
    client = serve(STEPS).client("planning/architect/1")

    with pytest.raises(anthropic.BadRequestError, match="expected /Add a field/ in the prompt"):
        ask(client, [{"role": "user", "content": "Remove a field"}])


def test_a_turn_beyond_the_script_shows_what_was_said_last(serve: Serve) -> None:
    client = serve(STEPS).client("qa/debugger/1")
    messages: list[Any] = [
        {"role": "user", "content": "It is red"},
        {"role": "assistant", "content": "The cause is a missing comma."},
        {"role": "user", "content": "You have not called submit."},
    ]

    with pytest.raises(anthropic.BadRequestError, match="You have not called submit"):
        ask(client, messages)


@pytest.mark.parametrize(
    ("step", "reason"),
    [("planning/ui-designer/1", "no such step"), ("planning", "needs the header")],
)
def test_a_step_the_script_does_not_have_is_refused_by_name(
    serve: Serve, step: str, reason: str
) -> None:
    client = serve(STEPS).client(step)

    with pytest.raises(anthropic.BadRequestError, match=reason):
        ask(client, [{"role": "user", "content": "Go"}])


def test_attempts_have_turns_of_their_own(serve: Serve) -> None:
    served = serve(
        """
  planning/architect/1:
    attempts:
      1: [{say: First try}]
      2: [{say: Second try}]
"""
    )
    prompt = [{"role": "user", "content": "Go"}]

    second = ask(served.client("planning/architect/1", **{"X-Phaseline-Attempt": "2"}), prompt)

    assert second.content[0].to_dict()["text"] == "Second try"
    with pytest.raises(anthropic.BadRequestError, match="attempts 1, 2 of this step only"):
        ask(served.client("planning/architect/1", **{"X-Phaseline-Attempt": "3"}), prompt)


def test_a_call_of_a_tool_that_is_not_offered_does_not_fit(serve: Serve) -> None:
    client = serve("  qa/debugger/1: [{tools: [{teleport: {}}]}]\n").client("qa/debugger/1")

    with pytest.raises(anthropic.BadRequestError, match="calls the tool 'teleport'"):
        ask(client, [{"role": "user", "content": "Go"}])


def test_a_reply_out_of_tokens_ends_inside_the_input_of_its_last_call(serve: Serve) -> None:
    client = serve(
        "  qa/debugger/1: [{stop: max_tokens, tools: [{bash: {command: rm -rf build}}]}]\n"
    ).client("qa/debugger/1")

    with client.messages.stream(
        model="claude-sonnet-5-5",
        max_tokens=10,
        messages=[{"role": "user", "content": "Go"}],
        tools=TOOLS,
    ) as stream:
        pieces = [
            event.delta.partial_json
            for event in stream
            if event.type == "content_block_delta" and event.delta.type == "input_json_delta"
        ]
        final = stream.get_final_message()

    assert final.stop_reason == "max_tokens"
    assert not "".join(pieces).endswith("}")


def test_a_pause_is_continued_from_the_assistant_message(serve: Serve) -> None:
    client = serve("  qa/debugger/1: [{say: Thinking on, stop: pause_turn}, {say: Done}]\n").client(
        "qa/debugger/1"
    )

    reply = ask(
        client,
        [{"role": "user", "content": "Go"}, {"role": "assistant", "content": "Thinking on"}],
    )

    assert reply.content[0].to_dict()["text"] == "Done"
