"""What the service itself writes about a run on its pull request."""

from dataclasses import replace
from decimal import Decimal

from phases.core.comments import receipts_comment
from phases.core.description import description
from phases.core.machine import RunState
from phases.core.record import Record
from phases.core.work import PhaseName, WorkName
from tests.fakes.worktree import sha
from tests.phases.recorded import BUILT, CHECKED, SPEC, STARTED, run


def test_the_description_says_what_the_team_took_and_spent() -> None:
    record = Record(run(RunState.RUNNING, **STARTED), (SPEC, BUILT), (), Decimal("1.62"))

    assert "The team took 3 min 50 s and spent $1.62 of $15.00." in description(record, (), "")


def test_of_several_rounds_of_checks_the_newest_comes_first_and_lies_open() -> None:
    again = replace(CHECKED, name=WorkName.parse("qa/checks/2"))
    record = Record(run(RunState.RUNNING), (CHECKED, again))

    text = receipts_comment(record, PhaseName.QA).text

    at_commit = f"at {sha('built')[:10]}: 1 passed"
    newest, _, earlier = text.partition("<details>")
    assert f"head commit\n\n**Round 2 {at_commit}**\n\n| check |" in newest
    assert earlier.startswith(f"<summary>Round 1 {at_commit}</summary>\n\n| check |")
