"""What becomes of a `submit` call: accepted, or sent back with numbered sentences.

What a submission must hold is judged by the phases; here it is only asked and answered.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phases.core.ports import Examine
from phases.core.submission import SubmissionError, parse

MOST_REFUSALS = 3

_SENTENCE = re.compile(r"^\d+\. (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Judgement:
    """The answer to a `submit` call, written for the model."""

    text: str
    accepted: bool


class Submitting:
    """Judges the submissions of one session; `refused` is how many were sent back before."""

    def __init__(self, examine: Examine, refused: int) -> None:
        self._examine = examine
        self._refused = refused

    async def judge(self, arguments: Any) -> Judgement:
        """Accept a submission or send it back."""
        try:
            sentences = await self._examine(parse(arguments))
        except SubmissionError as error:
            sentences = error.faults
        if not sentences:
            return Judgement("Accepted.", accepted=True)
        self._refused += 1
        return Judgement(_refusal(sentences, self._refused), accepted=False)


def sentences_of(text: str) -> tuple[str, ...]:
    """Return the sentences of a refusal as `Submitting` wrote it."""
    return tuple(_SENTENCE.findall(text))


def _refusal(sentences: Sequence[str], number: int) -> str:
    lines = [f"{n}. {' '.join(sentence.split())}" for n, sentence in enumerate(sentences, 1)]
    left = MOST_REFUSALS - number
    last = (
        f"Mend this and call `submit` again; it may be sent back {left} more "
        f"time{'' if left == 1 else 's'}."
        if left > 0
        else "You have one more turn: what it submits must be in order, or the step ends without."
    )
    return "\n".join(["Not accepted:", *lines, last])
