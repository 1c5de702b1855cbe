"""What a validator needs to know beyond the document itself.

It is given, never looked up: an artifact is judged against what was on record at that moment.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """What is known when an artifact is judged.

    `requirements`: ids of the spec (for the spec itself: ids of the same submission). `test_plan`:
    its text, or empty while there is none. `reviewed`: names of the plans under review. `sources`:
    texts of which one must hold a figure before the delivery summary may state it. `exists`:
    whether a path, and a line of it, is in the tree that the agent worked in. `verdict` and the ids
    in `findings` are those of the same submission, empty where it has none.
    """

    requirements: tuple[str, ...]
    test_plan: str
    reviewed: tuple[str, ...]
    sources: tuple[str, ...]
    exists: Callable[[str, int | None], bool]
    verdict: str
    findings: tuple[str, ...]
