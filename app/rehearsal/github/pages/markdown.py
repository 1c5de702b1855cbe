"""Markdown as GitHub renders it: tables, task lists, mentions, highlighted code.

Then sanitised, whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

_TAGS = nh3.ALLOWED_TAGS | {"details", "summary", "input", "section", "picture", "source"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "details": {"open"},
    "input": {"type", "checked", "disabled"},
    "a": {"href", "title"},
    "th": {"align", "style"},
    "td": {"align", "style"},
    "*": {"class", "align"},
}
_CLASSES = re.compile(
    r"(highlight|diagram|diagram-label|task|contains-task-list|mention|[a-z]{1,3}\d?)"
)
_REFERENCE = re.compile(
    r"(?P<before>^|[\s(])(?:@(?P<login>[A-Za-z0-9][A-Za-z0-9-]{0,38})|#(?P<number>\d{1,9}))(?![\w-])"
    r"|(?<![\w/.#-])(?P<commit>(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40})(?![\w-])"
    r"|(?P<url>https?://[^\s<>\"')]+[^\s<>\"').,;:])"
)
Commits = Callable[[frozenset[str]], frozenset[str]]
_TASK = re.compile(r"\[([ xX])\] ")


def code_html(code: str, language: str) -> str:
    """Highlight a piece of code; an unknown language stays plain."""
    try:
        lexer = get_lexer_by_name(language) if language else None
    except ClassNotFound:
        lexer = None
    if lexer is None:
        return f"<code>{escape(code)}</code>"
    return f"<code>{highlight(code, lexer, HtmlFormatter(nowrap=True))}</code>"


class Renderer:
    """Renders Markdown to safe HTML."""

    def __init__(self) -> None:
        self._parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        self._parser.add_render_rule("fence", _fence)
        self._parser.add_render_rule("text", _text)

    def render(self, text: str | None, base: str, commits: Commits) -> Markup:
        """Render `text`; `base` is the page of the repository that `#1` refers into.

        `commits` tells which of some ids are commits there: no other digits become links.
        """
        if not text:
            return Markup("<p class='quiet'><em>No description provided.</em></p>")
        named = commits(_named(text))
        html = self._parser.render(text, {"base": base, "commits": named})
        safe = nh3.clean(
            html,
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            attribute_filter=_filter,
            link_rel="nofollow noopener",
        )
        return Markup(safe)  # noqa: S704 - sanitised in the line before


def _filter(_tag: str, name: str, value: str) -> str | None:
    if name == "class":
        kept = [word for word in value.split() if _CLASSES.fullmatch(word)]
        return " ".join(kept) or None
    if name == "style":
        return value if re.fullmatch(r"text-align:(left|right|center)", value) else None
    if name == "type":
        return value if value == "checkbox" else None
    return value


def _fence(
    _self: object, tokens: Sequence[Token], index: int, _options: object, _env: object
) -> str:
    token = tokens[index]
    language = token.info.strip().split(" ")[0]
    if language == "mermaid":
        label = '<span class="diagram-label">diagram (mermaid)</span>'
        return f'<div class="diagram">{label}<pre><code>{escape(token.content)}</code></pre></div>'
    return f'<pre class="highlight">{code_html(token.content, language)}</pre>'


def _text(
    _self: object, tokens: Sequence[Token], index: int, _options: object, env: dict[str, Any]
) -> str:
    content, box = tokens[index].content, ""
    task = _TASK.match(content) if index == 0 else None
    if task:
        box = f'<input type="checkbox" disabled{" checked" if task[1] != " " else ""}> '
        content = content[task.end() :]
    linked = sum(t.nesting for t in tokens[:index] if t.type in {"link_open", "link_close"})
    return box + (escape(content) if linked else _referenced(content, env["base"], env["commits"]))


def _named(text: str) -> frozenset[str]:
    return frozenset(match["commit"] for match in _REFERENCE.finditer(text) if match["commit"])


def _referenced(content: str, base: str, commits: frozenset[str]) -> str:
    pieces, at = [], 0
    for match in _REFERENCE.finditer(content):
        pieces.append(escape(content[at : match.start()]))
        at = match.end()
        if match["url"]:
            pieces.append(f'<a href="{escape(match["url"])}">{escape(match["url"])}</a>')
        elif (commit := match["commit"]) and commit not in commits:
            pieces.append(commit)
        elif commit:
            link = f"{escape(base)}/commit/{commit}"
            pieces.append(f'<a href="{link}"><code>{commit[:7]}</code></a>')
        elif login := match["login"]:
            pieces.append(f'{match["before"]}<a class="mention" href="/{login}">@{login}</a>')
        else:
            number = match["number"]
            pieces.append(
                f'{match["before"]}<a href="{escape(base)}/issues/{number}">#{number}</a>'
            )
    pieces.append(escape(content[at:]))
    return "".join(pieces)
