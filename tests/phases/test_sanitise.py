import pytest
from hypothesis import given
from hypothesis import strategies as st

from phases.core.comments import cut
from phases.core.sanitise import beneath, inline, prose, visible


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("ping @octo-team/core", "ping @\u2060octo-team/core"),
        ("mail a@b.example", "mail a@b.example"),
        ("Fixes #12", "Fixes \u2060#12"),
        ("closes: acme/widgets#3", "closes: \u2060acme/widgets#3"),
        ("see #12", "see #12"),
        ("<script>x</script>", "&lt;script>x&lt;/script>"),
        ("<!-- phaseline:state v1 -->", "&lt;!-- phaseline:state v1 -->"),
        ("<!-<!-- x -->-", "&lt;!-&lt;!-- x -->-"),
        ("![pixel](https://e.invalid/x.png)", "[image: pixel]"),
        ("/close", "/\u2060close"),
        ("/Close", "/\u2060Close"),
        ("a/b", "a/b"),
        ("a\u202eb\u200b", "a[U+202E]b[U+200B]"),
        ("tag \U000e0041", "tag [U+E0041]"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
    ],
)
def test_what_would_act_on_github_is_defused_and_stays_readable(text: str, harmless: str) -> None:
    assert prose(text) == harmless


def test_code_keeps_its_characters() -> None:
    text = "`@decorator` and\n\n```python\n@cache\ndef f() -> list[int]: ...  # fixes #1\n```\n"

    assert prose(text) == text


def test_an_open_fence_is_closed_so_that_nothing_behind_it_is_swallowed() -> None:
    assert prose("```\nopen") == "```\nopen\n```"


def test_a_fence_is_not_closed_by_a_shorter_or_other_one() -> None:
    text = "````\n```\n@here\n~~~~\n````\n@here"

    assert prose(text).endswith("````\n@\u2060here")
    assert "```\n@here\n" in prose(text)


def test_a_cell_is_one_line_and_keeps_its_column() -> None:
    assert inline("one |\n two") == "one \\| two"


@given(st.text())
def test_no_html_and_no_hidden_character_survives_outside_code(text: str) -> None:
    out = prose(text.replace("`", "").replace("~", ""))

    assert "<" not in out
    assert visible(out.replace("\u2060", "")) == out.replace("\u2060", "")


def test_a_long_text_is_cut_at_a_line_with_its_fence_closed_and_says_so() -> None:
    text = "intro\n```python\n" + "x = 1\n" * 100 + "```\n"

    out = cut(text, 100)

    assert len(out) < 200
    assert out.count("```") == 2
    assert "more characters" in out


def test_a_short_text_is_not_cut() -> None:
    assert cut("short", 100) == "short"


def test_headings_stand_beneath_a_title_and_code_stays_as_it_is() -> None:
    text = "## Flows\n\n###### Least\n\n```sh\n# a comment\n```\n#hash\n  # Top"

    assert beneath(text) == (
        "### Flows\n\n###### Least\n\n```sh\n# a comment\n```\n#hash\n  ## Top"
    )
