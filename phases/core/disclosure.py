"""What a report must name of a change: existing tests that differ, marks that make a check quiet.

A reviewer looks where a report points; what it leaves out is looked for here, by path. Whether the
reason that it gives is a good one, people and the reviewer judge.
"""

from collections.abc import Iterable, Iterator

from phases.core.agent import Agent, matches_any
from phases.core.artifacts import requirement_ids
from phases.core.model import Change, ChangeKind
from phases.core.scope import names_path
from phases.core.silencing import Silencing

# Who may have a reason to make a check quiet; everybody else has none.
_MAY_SILENCE = frozenset({"{backend}", "{frontend}", "{tests}"})


def untold_tests(
    report: str, changes: Iterable[Change], tests: tuple[str, ...], own: Iterable[str]
) -> Iterator[str]:
    """Yield what a report owes about tests that were there.

    `tests` are the patterns of tests, `own` the paths that the run itself has written before.
    """
    made_here = frozenset(own)
    lines = report.split("\n")
    for change in changes:
        if change.kind is ChangeKind.ADDED or not (tests and matches_any(tests, [change.path])):
            continue
        naming = [line for line in lines if names_path(line, change.path)]
        if not naming:
            yield (
                f"`{change.path}` is an existing test and {change.kind}, and the artifact does not "
                "name it: say what became of it and why, or put it back."
            )
        elif (
            change.kind is ChangeKind.DELETED
            and change.path not in made_here
            and not any(requirement_ids(line) for line in naming)
        ):
            yield (
                f"`{change.path}` is deleted: name the R-id that makes it wrong beside it, or put "
                "it back."
            )


def untold_silence(
    report: str, makes: str, agent: Agent, found: Iterable[Silencing]
) -> Iterator[str]:
    """Yield each mark that the agent may not add, or that its report does not name by its file."""
    lines = report.split("\n")
    may = bool(_MAY_SILENCE & set(agent.may_write))
    for one in found:
        if may and any(names_path(line, one.path) and one.mark in line for line in lines):
            continue
        advice = (
            "mend the cause. Where the repository does the same in the same situation, name file "
            f"and mark in one line of {makes}, with the reason."
            if may
            else f"take it out; what you cannot repair is listed in {makes}."
        )
        yield f"`{one.path}:{one.line}` adds `{one.mark}`, which makes a check quiet: {advice}"
