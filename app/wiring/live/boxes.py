"""The list of what is not proven, as text: which boxes have a name, and how they are ticked.

A box that a machine can tick is named by a comment: `- [ ] <!-- name --> What is not proven.`
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_BOX = re.compile(r"^- \[(?P<mark>[ x])\] (?:<!-- (?P<name>[a-z-]+) --> )?", re.MULTILINE)
_ITEM_END = re.compile(r"\n(?! )")


@dataclass(frozen=True)
class Boxes:
    """What a list holds: the names that it knows, and how many boxes are open in all."""

    names: frozenset[str]
    open: int


def boxes_of(text: str) -> Boxes:
    """Read a list."""
    found = list(_BOX.finditer(text))
    return Boxes(
        names=frozenset(box["name"] for box in found if box["name"]),
        open=sum(box["mark"] == " " for box in found),
    )


def with_ticks(text: str, evidence: Mapping[str, str]) -> str:
    """Return the list with these boxes ticked, each with its evidence behind it.

    A box that is ticked already stays as it is.
    """
    written, at = [], 0
    for box in _BOX.finditer(text):
        told = evidence.get(box["name"] or "")
        if told is None or box["mark"] == "x":
            continue
        end = _ITEM_END.search(text, box.end())
        stop = end.start() if end else len(text)
        written.append(text[at : box.start()])
        written.append(box[0].replace("[ ]", "[x]", 1))
        written.append(f"{text[box.end() : stop]}\n      *{' '.join(told.split())}*")
        at = stop
    return "".join([*written, text[at:]])
