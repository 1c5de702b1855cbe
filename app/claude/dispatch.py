"""Runs the tool calls of one reply: who may call what, in which order, what beside what.

What a tool does is the desk's; a call is never run that the model did not finish writing.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.claude.calls import Call, result_block
from app.claude.outputs import Outputs, is_output
from app.claude.submitting import Submitting
from app.claude.tools import SHARED_BY_NAME, SUBMIT, only_reads
from phases.core.agent import Agent
from phases.core.ports import Desk, ToolResult
from phases.core.session import Json

_NOT_RUN = ToolResult("Not run: the submission before it ended the session.", is_error=True)


@dataclass(frozen=True)
class Ran:
    """The results of a turn's calls in their order, and whether one of them may have written."""

    results: tuple[Json, ...]
    wrote: bool


class Dispatcher:
    """The tools of one session in one agent's hands."""

    def __init__(self, agent: Agent, desk: Desk, submitting: Submitting, outputs: Outputs) -> None:
        self._agent = agent
        self._desk = desk
        self._submitting = submitting
        self._outputs = outputs

    async def run(self, n: int, calls: Sequence[Call]) -> Ran:
        """Run the calls of turn `n` in order, neighbours that only read at once.

        None runs any more once a submission was accepted.
        """
        outcomes: list[ToolResult] = []
        wrote = False
        over = False
        for batch in _batches(calls):
            if over:
                outcomes.extend(_NOT_RUN for _ in batch)
                continue
            outcomes.extend(await self._beside(batch))
            wrote = wrote or any(self._writes(call) for call in batch)
            over = batch[-1].tool == SUBMIT and not outcomes[-1].is_error
        results = [
            result_block(
                call,
                await self._outputs.cut(n, place, call, outcome.text),
                is_error=outcome.is_error,
            )
            for place, (call, outcome) in enumerate(zip(calls, outcomes, strict=True))
        ]
        return Ran(tuple(results), wrote)

    async def _beside(self, batch: Sequence[Call]) -> list[ToolResult]:
        outcomes = await asyncio.gather(*map(self._one, batch), return_exceptions=True)
        # All of them finish before one's defect is raised.
        results: list[ToolResult] = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            results.append(outcome)
        return results

    async def _one(self, call: Call) -> ToolResult:
        if call.malformed:
            return ToolResult(
                "Not run: the input of this call was not a JSON object. Call the tool again.",
                is_error=True,
            )
        if not self._granted(call):
            return ToolResult(self._refusal(call), is_error=True)
        if call.tool == SUBMIT:
            judgement = await self._submitting.judge(call.arguments)
            return ToolResult(judgement.text, is_error=not judgement.accepted)
        if is_output(call.tool, call.arguments):
            return await self._outputs.view(call.arguments)
        return await self._desk.call(call.tool, call.arguments)

    def _granted(self, call: Call) -> bool:
        command = call.arguments.get("command")
        return self._agent.may_call(call.tool, command if isinstance(command, str) else "")

    def _writes(self, call: Call) -> bool:
        # `submit` too: its examination puts files back that lie outside the agent's scope.
        reads = only_reads(call.tool, call.arguments)
        return not reads and not call.malformed and self._granted(call)

    def _refusal(self, call: Call) -> str:
        names = (SHARED_BY_NAME.get(tool, tool) for tool in self._agent.tools)
        return f"Not run: {call.tool} is not yours to call so. You have: {', '.join(names)}."


def _batches(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """Yield neighbouring calls that only read together, every other call alone."""
    reading: list[Call] = []
    for call in calls:
        if only_reads(call.tool, call.arguments):
            reading.append(call)
            continue
        if reading:
            yield reading
            reading = []
        yield [call]
    if reading:
        yield reading
