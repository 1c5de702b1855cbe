"""An artifact's Markdown, taken apart: sections, tables, code blocks, code spans and lines of text.

It judges nothing; validators read what it found.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_BLOCKS_WITH_CODE = {"fence", "code_block"}


@dataclass(frozen=True)
class Piece:
    """A stretch of text and the line of the document (from 1) that it begins on."""

    line: int
    text: str


@dataclass(frozen=True)
class CodeBlock:
    """A fenced or indented block. `info` is the fence's label; None for an indented block."""

    line: int
    info: str | None
    text: str


@dataclass(frozen=True)
class Table:
    """A table's header and rows, as text, and the line it begins on."""

    line: int
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> int | None:
        """Return the index of the column whose header is this, whatever its case."""
        names = [cell.strip().lower() for cell in self.header]
        return names.index(name) if name in names else None


@dataclass(frozen=True)
class Section:
    """What stands under one heading, deeper headings included, up to the next of its level."""

    level: int
    title: str
    line: int
    text: str
    tables: tuple[Table, ...]
    blocks: tuple[CodeBlock, ...]


@dataclass(frozen=True)
class Document:
    """A parsed artifact. `prose` holds rendered lines, without formatting, code spans included."""

    text: str
    sections: tuple[Section, ...]
    blocks: tuple[CodeBlock, ...]
    spans: tuple[Piece, ...]
    prose: tuple[Piece, ...]
    html: tuple[Piece, ...]

    def section(self, title: str) -> Section | None:
        """Return the first section of level 2 whose title means the same as this one."""
        wanted = plain_title(title)
        for section in self.sections:
            if section.level == 2 and plain_title(section.title) == wanted:  # noqa: PLR2004 - `##`
                return section
        return None


def plain_title(title: str) -> str:
    """Return a title without case, remarks in brackets, closing colon, and kinds of arrows."""
    without_remarks = re.sub(r"\s*\([^)]*\)", "", title)
    arrows = without_remarks.replace("→", "->").replace("⟶", "->")
    return re.sub(r"\s+", " ", arrows).strip().rstrip(":").strip().lower()


def parse(text: str) -> Document:
    """Take a Markdown document apart; any text at all is a document."""
    lines = text.split("\n")
    environment: dict[str, object] = {}
    tokens = _MARKDOWN.parse(text, environment)
    blocks = tuple(_blocks(tokens))
    inlines = [token for token in tokens if token.type == "inline"]
    prose = [piece for token in inlines for piece in _prose(token)]
    prose.extend(_references(environment))
    html = [Piece(_line(token), token.content) for token in tokens if token.type == "html_block"]
    for token in inlines:
        html.extend(
            Piece(_line(token), child.content)
            for child in token.children or ()
            if child.type == "html_inline"
        )
    return Document(
        text=text,
        sections=tuple(_sections(tokens, lines)),
        blocks=blocks,
        spans=tuple(piece for token in inlines for piece in _spans(token)),
        prose=tuple(prose),
        html=tuple(html),
    )


def visible(text: str) -> str:
    """Return the text with look-alike forms folded and invisible characters taken out."""
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c) != "Cf")


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _blocks(tokens: list[Token]) -> Iterator[CodeBlock]:
    for token in tokens:
        if token.type in _BLOCKS_WITH_CODE:
            info = token.info.strip() if token.type == "fence" else None
            yield CodeBlock(_line(token), info, token.content)


def _prose(token: Token) -> Iterator[Piece]:
    rendered = "".join(_rendered(child) for child in token.children or ())
    for offset, line in enumerate(rendered.split("\n")):
        if line.strip():
            yield Piece(_line(token) + offset, visible(line).strip())


def _rendered(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    if token.type in {"text", "code_inline", "text_special"}:
        return token.content
    # A title is shown on hovering only, and the next agent reads it all the same.
    title = token.attrs.get("title")
    hidden = f"\n{title}\n" if title else ""
    return hidden + (token.content if token.type == "image" else "")


def _spans(token: Token) -> Iterator[Piece]:
    line = _line(token)
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            line += 1
        elif child.type == "code_inline":
            yield Piece(line, visible(child.content).strip())


def _references(environment: dict[str, object]) -> Iterator[Piece]:
    references = environment.get("references")
    if isinstance(references, dict):
        for label, target in references.items():
            yield Piece(1, visible(str(label)))
            if isinstance(target, dict) and target.get("title"):
                yield Piece(1, visible(str(target["title"])))


def _sections(tokens: list[Token], lines: list[str]) -> Iterator[Section]:
    heads = [
        (int(token.tag[1]), tokens[index + 1].content, token.map)
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    tables = tuple(_tables(tokens))
    blocks = tuple(_blocks(tokens))
    for index, (level, title, place) in enumerate(heads):
        end = next((other[2][0] for other in heads[index + 1 :] if other[0] <= level), len(lines))
        yield Section(
            level=level,
            title=title,
            line=place[0] + 1,
            text="\n".join(lines[place[1] : end]).strip(),
            tables=tuple(table for table in tables if place[1] < table.line <= end),
            blocks=tuple(block for block in blocks if place[1] < block.line <= end),
        )


def _tables(tokens: list[Token]) -> Iterator[Table]:
    start = 0
    rows: list[list[str]] = []
    for index, token in enumerate(tokens):
        if token.type == "table_open":
            start, rows = _line(token), []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"}:
            children = tokens[index + 1].children or ()
            rows[-1].append(visible("".join(_rendered(child) for child in children)).strip())
        elif token.type == "table_close":
            yield Table(start, tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))
