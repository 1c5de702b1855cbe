"""What reports must prove: tests, places in the code, and figures that a source states."""

from dataclasses import replace

import pytest

from phases.core.artifacts import refusals
from tests.phases.artifacts.documents import FACTS, VALID, only_refusal


def test_every_case_has_a_test_or_is_a_gap() -> None:
    missing = only_refusal("test-report.md", lambda text: text.replace("T2: no", "There is no"))
    extra = only_refusal("test-report.md", lambda text: text.replace("| T1 |", "| T1, T5 |"))
    nameless = only_refusal(
        "test-report.md",
        lambda text: text.replace("`tests/test_store.py`: test_archive", ""),
    )

    assert "T2 of the test plan has no test" in missing
    homeless = only_refusal(
        "test-report.md", lambda text: text.replace("tests/test_store.py", "tests/test_shop.py")
    )

    assert "T5 is no case" in extra
    assert "names no file that is there" in homeless
    assert "T1 of the test plan has no test" in nameless


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            "Changes requested",
            "The list is wrong",
            "must say “changes requested”, as `verdict` does",
        ),
        ("Changes", "Approved: no changes", "must say “changes requested”"),
        ("- F1, blocking", "- A finding", "“## Findings” lacks F1"),
        ("- R2: `src/store.py:12`.", "", "does not speak of R2"),
        ("- R2: `src/store.py:12`.", "- R2: met.", "gives no place for R2"),
        ("- R2: `src/store.py:12`.", "- R2: `src/store.py:99`.", "does not exist"),
    ],
)
def test_a_code_review_agrees_with_its_data_and_gives_evidence_for_each_requirement(
    before: str, after: str, words: str
) -> None:
    assert before in VALID["review-report.md"]

    assert words in only_refusal("review-report.md", lambda text: text.replace(before, after))


def test_an_approval_with_evidence_for_every_requirement_is_taken() -> None:
    text = (
        "## Verdict\n\nApproved: both requirements were traced.\n\n## Findings\n\nF1 is mended.\n\n"
        "## Requirements met\n\n1. R1 to R2: `src/store.py:12` and\n   `tests/test_store.py:3`.\n"
    )

    approval = replace(FACTS, verdict="approved", findings=())

    assert refusals("review-report.md", text, approval) == ()


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("documentation-report.md", "`src/store.py:12`", "The route", "cites no place"),
        ("delivery-summary.md", "src/store.py:7", "src/gone.py:7", "src/gone.py:7"),
        ("backend-implementation.md", "The store.", "`src/new.py:70`: new.", "src/new.py:70"),
        ("optimization-report.md", "One query", "`src/new.py:7`: one query", "src/new.py:7"),
    ],
)
def test_places_that_a_report_cites_are_looked_up(
    name: str, before: str, after: str, words: str
) -> None:
    assert words in only_refusal(name, lambda text: text.replace(before, after))


def test_a_diagnosis_cites_the_root_cause() -> None:
    vague = only_refusal("diagnosis.md", lambda text: text.replace("src/store.py:30", "the store"))
    wrong = only_refusal("diagnosis.md", lambda text: text.replace(":30", ":300"))

    assert "cites no place" in vague
    assert "src/store.py:300" in wrong


@pytest.mark.parametrize("claim", ["13 passed", "13/13 passed", "99% covered", "coverage:99%"])
def test_a_figure_that_no_source_states_is_refused(claim: str) -> None:
    found = only_refusal("delivery-summary.md", lambda text: text.replace("12 passed", claim))

    assert "is in no artifact and no receipt" in found


@pytest.mark.parametrize("remark", ["R2 and T1", "#12345", "src/store.py:99", "v2.7.1", "utf8"])
def test_a_name_with_digits_is_no_figure(remark: str) -> None:
    text = VALID["delivery-summary.md"].replace("Items can", f"{remark}: items can")

    assert refusals("delivery-summary.md", text, FACTS) == ()


def test_a_figure_may_be_written_with_or_without_separators() -> None:
    text = VALID["delivery-summary.md"].replace("1,234", "1234")

    assert refusals("delivery-summary.md", text, FACTS) == ()
