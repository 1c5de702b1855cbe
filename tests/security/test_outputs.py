"""What agents say when it is posted: it may inform people, and do nothing else.

Each text is rendered as GitHub's Markdown renders it, so that what counts is what a page would do.
"""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from phases.core.sanitise import inline, prose

MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9]")
CLOSING = re.compile(
    r"(?i)(?<![a-z0-9])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)[\s:]+"
    r"(?:(?:[\w.-]+/[\w.-]+)?#\d|gh-\d)"
)
OTHER_HOST = re.compile(r"(?i)[a-z][a-z0-9+.-]*:|//|www\.|\\")


def _tokens(markdown: str) -> list[Token]:
    """Every token of the page. Raw HTML counts, and addresses become links, as on GitHub."""
    reader = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    found = []
    for token in reader.parse(markdown):
        found += [token, *(token.children or ())]
    return found


def _spoken(markdown: str) -> str:
    """The text of the page outside of code, block by block."""
    blocks = ["".join(map(_word, token.children or ())) for token in _tokens(markdown)]
    return "\n\0\n".join(blocks)


def _word(token: Token) -> str:
    breaks = {"softbreak": "\n", "hardbreak": "\n", "code_inline": "\0", "image": "\0"}
    return token.content if token.type == "text" else breaks.get(token.type, "")


def _links(markdown: str) -> list[str]:
    return [
        str(token.attrs.get("href") or token.attrs.get("src"))
        for token in _tokens(markdown)
        if token.type in {"link_open", "image"}
    ]


def _harmful(markdown: str) -> list[str]:
    """What a page made of this would do."""
    spoken = _spoken(markdown)
    found = [f"html {t.content}" for t in _tokens(markdown) if t.type.startswith("html")]
    found += [f"link {link}" for link in _links(markdown) if OTHER_HOST.search(link)]
    found += [f"image {t.attrs}" for t in _tokens(markdown) if t.type == "image"]
    found += [f"title {t.attrs}" for t in _tokens(markdown) if t.attrs.get("title")]
    found += [f"mention {m[0]}" for m in MENTION.finditer(spoken)]
    found += [f"closing {m[0]}" for m in CLOSING.finditer(spoken)]
    found += [f"address {m}" for m in re.findall(r"(?i)(?:https?|ftp)://\w|\bwww\.\w", spoken)]
    return found


MENTIONS = (
    "@team",
    "**@team**",
    "_@org/team_",
    "a**@team**",
    "(@team)",
    "[@team](docs/x.md)",
    "\\@team",
    "``@team`",
    "\\`@team`",
    "\\\\\\`@team`",
    "a ` b\n`@team c ` d @team ` e",
    "| a | b |\n|---|---|\n| `x | @team` |",
    "```foo`bar\n@team\n```",
    "- a\n  ```\n@team\n  ```",
    "```\ncode\n```\u00a0\n```\n@team",
    "> ```\n@team",
    "1. a\n   ```sh\n   x\n@team\n```\n@team",
    "~~~\n```\n~~~\n@team",
    "````\n```\n````\n@team\n```",
    "&#64;team",
)
CLOSINGS = (
    "Fixes #1",
    "closes: acme/widgets#1",
    "Resolved **#1**",
    "fixes\n#1",
    "Fix GH-1",
    "FIXES:#1",
    "fixes\n  acme/widgets#1",
)
EMBEDS = (
    "![x](https://e.invalid/?q=1)",
    "![x][r]\n\n[r]: https://e.invalid/x.png",
    "![x]( <https://e.invalid/a b> 'title')",
    "<img src=https://e.invalid/x.png>",
    "<!-- hidden -->",
    "<https://e.invalid/x>",
    "<picture><source srcset=//e.invalid></picture>",
    "[![x](https://e.invalid/x.png)](https://e.invalid)",
    "``<img src=x>`",
    "![" * 40 + "](https://e.invalid)",
)
LINKS = (
    "[a](https://e.invalid/?leak=1)",
    "[a](//e.invalid)",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&colon;alert(1))",
    "[a](data:text/html,x)",
    "[a](\nhttps://e.invalid)",
    "[a](<https://e.invalid>)",
    "[a][r]\n\n[r]: //e.invalid 'a title'",
    "> [r]: https://e.invalid\n\n[r]",
    "[a](docs/x.md 'a title')",
    "see https://e.invalid/x.",
    "see _https://e.invalid_ or *www.e.invalid*",
    "https\\://e.invalid and www\\.e.invalid",
    "ftp://e.invalid",
    "[a](/logout)",
    "[a](\\\\e.invalid)",
    "a ` b https://e.invalid c",
)


@pytest.mark.parametrize("text", MENTIONS)
def test_nobody_is_mentioned(text: str) -> None:
    """Attack 56."""
    assert _harmful(prose(text)) == []


@pytest.mark.parametrize("text", CLOSINGS)
def test_nothing_is_closed(text: str) -> None:
    """Attack 56."""
    assert _harmful(text)
    assert _harmful(prose(text)) == []


@pytest.mark.parametrize("line", ["/close", "  /merge", "/Approve", "text\n/retest"])
def test_no_other_bot_is_given_a_command(line: str) -> None:
    """Attack 56."""
    assert not re.search(r"(?m)^\s*/[a-zA-Z]", prose(line))


@pytest.mark.parametrize("text", EMBEDS)
def test_nothing_is_embedded(text: str) -> None:
    """Attack 57."""
    assert _harmful(text)
    assert _harmful(prose(text)) == []


@pytest.mark.parametrize("text", LINKS)
def test_no_link_leads_out_of_the_repository(text: str) -> None:
    """Attack 57."""
    assert _harmful(prose(text)) == []
    assert not any(link.startswith(("/", "\\")) for link in _links(prose(text)))


def test_links_within_the_repository_stay() -> None:
    assert _links(prose("[a](docs/a.md#L3) [b](#below)")) == ["docs/a.md#L3", "#below"]


def test_code_in_a_list_stays_code() -> None:
    text = "- a\n  ```python\n  @cache\n  def f() -> list[int]: ...\n  ```\n- b"

    assert prose(text) == text


_PIECES = st.sampled_from(
    [
        *("`", "``", "```", "~~~", "````", "\\", "\n", "\n\n", "  ", "    ", "- ", "1. ", "> "),
        *("| ", "|---|\n", "@team", "#1", "fixes ", "[", "](", "]", ")", ":", "<", ">", "!["),
        *("https://e.invalid/x", "www.e.invalid", "//e.invalid", "a", "*", "_", "&", "\t", '"'),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=30).map("".join))
def test_no_arrangement_of_marks_gets_through(text: str) -> None:
    """Attacks 56 and 57."""
    assert _harmful(prose(text)) == []


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=20).map("".join))
def test_no_arrangement_of_marks_leaves_its_line(text: str) -> None:
    """Attacks 56 and 57: in a cell, in a heading."""
    assert "\n" not in inline(text).replace("\n```", "").replace("\n~~~", "")
    assert _harmful(inline(text)) == []


@pytest.mark.parametrize(
    "text",
    ["a-" * 30_000, "![" * 30_000, "-fix_" * 12_000, "`a" * 30_000, "](x" * 20_000, "[" * 60_000],
)
def test_a_long_text_of_marks_is_read_at_once(text: str) -> None:
    """Attack 65's kin: a pattern that takes the square of its text would take minutes."""
    assert len(prose(text)) >= len(text)
