"""When a conversation is summed up, what the summary must keep, and how it goes on behind it.

The model writes the summary; who asks for it is the conversation.
https://platform.claude.com/docs/en/build-with-claude/compaction-on-demand
"""

import json
from collections.abc import Sequence

from app.claude.calls import Call, calls_of
from app.claude.prices import OUTPUT, READ, WRITE
from phases.core.session import Assignment, Json
from phases.core.work import PhaseName

SHARE = 0.8
"""Of the working budget: the next turn and the summary still fit into it."""

SHARE_WHEN_CHEAPER = 0.5
"""Below that a conversation is left alone, however often it was read."""

GROWTH = 1.25
"""By which a conversation grows before a summary that was not to be had is asked for again."""

USUAL_SUMMARY = 2_000
USUAL_START = 3_400
"""Tokens of a summary, and of all that then stands behind the prompt (see `continuation`)."""

SUMMARY_TOKENS = 8_000
"""Room for a summary; a reply of more than 21,333 tokens would have to be streamed."""

MOST_REPEATED_CHARACTERS = 8_000

_START = (
    "Sum up the work so far for yourself: you go on with it right behind the summary, and see "
    "nothing else of it. Your instructions and the request are given again: leave them out. "
)
_BUILDING = (
    "Keep: what was built or changed and in which files; the interfaces as they stand now (names, "
    "signatures, routes, fields, files); decisions and their reasons; how to run and test it; what "
    "is left to do, in order."
)
_MENDING = (
    "Keep: each failure with its exact message and place; its cause, and what was ruled out; the "
    "final fix file by file, and whether it was seen to work by which command; what is left to do. "
    "Attempts that led nowhere take one line each."
)
_EXPLORING = (
    "Keep: what was found out, each with file and line; the decisions taken and their reasons, and "
    "what was decided against; findings or plans in full as far as they are written; open "
    "questions; what is left to look at."
)
_SUMMARY = "You have been at work already. This is your own summary of it:\n\n{summary}"
_BEHIND = "Go on with your work from there; what the summary calls done is done."


def is_due(tokens: int, read_again: int, working_tokens: int) -> bool:
    """Say whether a conversation that long is summed up before it goes on; budget 0: it never is.

    That is where it fills its budget, and earlier where what a summary would replace was read again
    (`read_again` tokens so far) for as much money as a summary costs: who rents for the price of
    buying never pays more than twice what was best, however long the session goes on.
    """
    if working_tokens <= 0:
        return False
    cheaper = READ * read_again >= _price(tokens)
    return tokens >= working_tokens * (SHARE_WHEN_CHEAPER if cheaper else SHARE)


def _price(tokens: int) -> float:
    """Return what a summary of so many tokens costs, in uncached tokens."""
    return READ * tokens + OUTPUT * USUAL_SUMMARY + WRITE * USUAL_START


def instructions_for(assignment: Assignment) -> str:
    """Return what the summary of a session must keep: that depends on the kind of its step."""
    agent, phase = assignment.agent, assignment.name.phase
    if "diagnosis.md" in agent.outputs or (phase is PhaseName.QA and agent.writes()):
        return _START + _MENDING
    return _START + (_BUILDING if agent.writes() else _EXPLORING)


def is_summary(message: Json) -> bool:
    """Say whether a reply holds a summary: a failed one has the block, and nothing in it."""
    content = message["content"]
    return (
        message["stop_reason"] == "compaction"
        and len(content) == 1
        and content[0].get("type") == "compaction"
        and bool(content[0].get("content"))
    )


def continuation(reply: Json, last: tuple[Json, Json] | None) -> tuple[Json, ...]:
    """Return what stands behind the prompt from now on: the summary, the last calls and results.

    It is plain text. The API would take the block of the summary in front of everything, where it
    makes the cache of the prompt useless. The summary tells of the last calls, but the model had
    not read their results when it was asked for it.
    """
    lines = [_SUMMARY.format(summary=reply["content"][0]["content"])]
    if last is not None:
        asked, answer = last
        lines += _told(calls_of(asked), answer["content"])
    lines.append(_BEHIND)
    return ({"type": "text", "text": "\n\n".join(lines)},)


def _told(calls: Sequence[Call], blocks: Sequence[Json]) -> list[str]:
    results = {block.get("tool_use_id"): str(block.get("content")) for block in blocks}
    return [
        f"Your last call of {call.tool} with {_cut(json.dumps(call.arguments))} gave:\n"
        f"{_cut(results[call.id])}"
        for call in calls
        if call.id in results
    ]


def _cut(text: str) -> str:
    if len(text) <= MOST_REPEATED_CHARACTERS:
        return text
    return f"{text[:MOST_REPEATED_CHARACTERS]}\n... [cut here: ask again if you need the rest]"
