"""How an artifact is shown: what stands open, what is folded, what stands above it."""

from datetime import UTC, datetime
from decimal import Decimal

from phases.core.comments import COLLAPSE_ABOVE, artifact_comment
from phases.core.model import Artifact, Commit, StepOutcome
from phases.core.outward import Place
from phases.core.record import Performed
from phases.core.submission import Outcome, Submission
from phases.core.work import WorkName


def shown(name: str, makes: str, text: str) -> str:
    made = Performed(
        name=WorkName.parse(name),
        title="Make it",
        attempt=1,
        started_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        outcome=StepOutcome.DONE,
        model="claude-sonnet-5-5",
        cost_usd=Decimal("0.5"),
        artifact=Artifact(makes, text, "a" * 64),
        submission=Submission(Outcome.DONE, text, "It is made."),
        commit=Commit("c" * 40, "d" * 40, "feat: make it", ("a.py",), 1, 0),
    )
    comment = artifact_comment(made, "")
    assert comment.place is Place.PULL_REQUEST
    return comment.text


def test_a_short_artifact_stands_open_below_who_made_it_and_for_what() -> None:
    text = shown("qa/test-writer/2", "test-report.md", "## Gaps\n\nNone.")

    assert text == (
        "## test-report.md · test-writer\n\n"
        "round 2 · `claude-sonnet-5-5` · $0.50 · commit cccccccccc\n\n"
        "### Gaps\n\nNone.\n"
    )


def test_a_long_artifact_is_folded_behind_what_it_comes_to() -> None:
    text = shown("qa/test-writer/1", "test-report.md", "word " * COLLAPSE_ABOVE)

    assert "\n\nIt is made.\n\n<details><summary>The whole test-report.md</summary>\n\n" in text
    assert text.endswith("\n\n</details>\n")


def test_what_the_description_says_too_is_folded_however_short() -> None:
    text = shown("ready/project-manager/1", "delivery-summary.md", "## Known limits\n\nNone.")

    told = "It is made. It stands in the description of the pull request, too.\n\n<details>"
    assert told in text
    assert "### Known limits\n\nNone.\n\n</details>" in text
