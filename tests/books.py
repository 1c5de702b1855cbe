"""The ledger of a run beside what the scripted Claude has counted, request by request."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.story import Story

OK = 200


@dataclass(frozen=True)
class Books:
    """What both have of a run.

    `wrong` are answered requests that the two have differently, or only the ledger has.
    `unanswered` counts by step the rows without an answer, `unread` the requests that Claude has
    taken and whose answer never came to the ledger.
    """

    answered: int
    wrong: tuple[str, ...]
    unanswered: Counter[str]
    unread: Counter[str]


def books(story: Story, database: Path, run: str) -> Books:
    """Hold the ledger in an SQLite file against the requests that Claude has taken."""
    query = (
        "select name, request_id, answered, uncached, written_5m + written_1h, read, output"
        " from ledger where run_id = ?"
    )
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(query, (run,)).fetchall()
    taken = {
        entry["request_id"]: entry
        for entry in story.world.requests_of_claude()
        if entry["run"] == run and entry["status"] == OK
    }
    answered = {request: tokens for _, request, came, *tokens in rows if came}
    return Books(
        answered=len(answered),
        wrong=tuple(
            request
            for request, tokens in answered.items()
            if request not in taken or tokens != _counted(taken[request]["usage"])
        ),
        unanswered=Counter(name for name, _, came, *_ in rows if not came),
        unread=Counter(
            str(entry["step"]) for request, entry in taken.items() if request not in answered
        ),
    )


def _counted(usage: dict[str, int]) -> list[int]:
    kinds = ("input", "cache_creation_input", "cache_read_input", "output")
    return [usage[f"{kind}_tokens"] for kind in kinds]
