"""Comments that are too long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.capping import LONGEST_COMMENT, NOTICE, capped
from app.github.naming import run_marker
from app.github.pulls import LONGEST_BODY, full_text
from tests.app.github.parts import a_run

MARKER = "<!-- phaseline:comment r1 artifact/pm-spec.md -->"
STATE = "<!-- phaseline:state v1 abc def -->"


def test_a_short_comment_is_left_alone_above_its_marker() -> None:
    assert capped("Hello\n", MARKER) == f"Hello\n\n{MARKER}"


def test_a_comment_at_the_limit_is_left_alone() -> None:
    text = "x" * (LONGEST_COMMENT - len(MARKER) - 2)

    assert capped(text, MARKER) == f"{text}\n\n{MARKER}"


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_an_open_code_block_is_closed_where_it_is_cut(fence: str) -> None:
    body = capped(f"Log:\n{fence}python\n" + "print(1)\n" * 20_000, MARKER)

    assert len(body) <= LONGEST_COMMENT
    assert body.endswith(f"print(1)\n{fence}\n\n{NOTICE}\n\n{MARKER}")


def test_open_details_are_closed_where_they_are_cut() -> None:
    text = "<details><summary>All</summary>\n\n" + "line\n" * 30_000 + "</details>"

    body = capped(text, MARKER)

    assert body.count("<details>") == body.count("</details>") == 1
    assert len(body) <= LONGEST_COMMENT


def test_a_hidden_state_at_the_end_stays_whole() -> None:
    body = capped("line\n" * 30_000 + STATE, MARKER)

    assert body.endswith(f"{NOTICE}\n\n{STATE}\n{MARKER}")
    assert len(body) <= LONGEST_COMMENT


def test_one_endless_line_is_cut_in_the_middle() -> None:
    body = capped("x" * 200_000, MARKER)

    assert len(body) == LONGEST_COMMENT
    assert NOTICE in body


@given(
    st.lists(
        st.sampled_from(["```", "```py", "~~~", "<details>", "</details>", "x" * 999, "", "`"]),
        min_size=60,
        max_size=400,
    )
)
def test_nothing_is_too_long_and_no_fence_stays_open(lines: list[str]) -> None:
    body = capped("\n".join(lines), MARKER)

    shown = body.removesuffix(f"\n\n{MARKER}")
    assert len(body) <= LONGEST_COMMENT
    assert body.endswith(MARKER)
    if NOTICE in shown:
        assert _open_fence(shown.split("\n")) is None


@pytest.mark.parametrize(("below", "kept"), [(0, 0), (500, 500), (60_000, 34_000)])
def test_a_pull_requests_body_is_cut_where_no_block_stays_open(below: int, kept: int) -> None:
    """Attack 60: and what people wrote below our text is cut last."""
    log = "Log:\n```python\n" + "print(1)\n" * 20_000

    body = full_text(a_run(), log, "theirs\n" * (below // 7))

    ours, _, theirs = body.partition(run_marker(a_run()))
    assert len(body) <= LONGEST_BODY
    assert ours.endswith(f"print(1)\n```\n\n{NOTICE}\n\n")
    assert len(theirs) >= kept - 10
    assert (NOTICE in theirs) == (below > kept)


def _open_fence(lines: list[str]) -> str | None:
    fence: str | None = None
    for line in lines:
        if fence is None and re.match(r"```|~~~", line):
            fence = line[:3]
        elif fence is not None and line == fence:
            fence = None
    return fence
