"""The validator of documents that must not hold code: a plan says what, never how.

It reads Markdown, so that a fence, an indent, a code span or plain prose makes no difference. A
diagram is accepted for what it is, not for its label.
"""

import json
import re
from collections.abc import Iterator

from phases.core.artifacts.code import sign_in_diagram, sign_in_prose, sign_in_span
from phases.core.artifacts.document import CodeBlock, Document, Piece, visible

DATA_LABELS = frozenset({"json", "csv"})
"""Labels under which a document that is allowed data may show some."""

_DIAGRAM = re.compile(
    r"(?:flowchart|graph|sequenceDiagram|stateDiagram(?:-v2)?|erDiagram|classDiagram|journey|gantt|"
    r"timeline|mindmap|pie|quadrantChart|C4\w+|block-beta|requirementDiagram)\b"
)
_HARMLESS_TAG = re.compile(r"</?(?:br|details|summary|sub|sup|kbd)\s*/?>", re.IGNORECASE)
_METHOD = re.compile(r"\w\s*\([^)]*\)")
_QUOTED = 100


def code_refusals(document: Document, *, data: bool) -> Iterator[str]:
    """Yield a sentence for each place that holds code; `data` allows json and csv blocks."""
    for block in document.blocks:
        yield from _block(block, data=data)
    for piece in document.html:
        yield from _html(piece)
    seen: set[int] = set()
    for piece in document.spans:
        if meaning := sign_in_span(piece.text):
            seen.add(piece.line)
            yield _refusal(piece, meaning)
    for piece in document.prose:
        meaning = sign_in_prose(piece.text)
        if meaning and piece.line not in seen:
            yield _refusal(piece, meaning)


def _block(block: CodeBlock, *, data: bool) -> Iterator[str]:
    first = next((line.strip() for line in block.text.split("\n") if line.strip()), "")
    if block.info is None:
        yield (
            f"Line {block.line}: {_quote(first)} is an indented code block: take the indent away "
            "if it is prose, and describe it in words if it is code."
        )
    elif block.info == "mermaid":
        yield from _diagram(block)
    elif data and block.info in DATA_LABELS:
        yield from _data(block)
    else:
        label = f"labelled {_quote(block.info)}" if block.info else "without a label"
        allowed = "mermaid, json or csv" if data else "mermaid"
        yield (
            f"Line {block.line}: {_quote(first)} stands in a code block {label}; only {allowed} "
            "blocks are allowed here: describe it in words or in a table."
        )


def _diagram(block: CodeBlock) -> Iterator[str]:
    lines = [
        Piece(block.line + 1 + offset, visible(line).strip())
        for offset, line in enumerate(block.text.split("\n"))
    ]
    meaningful = [piece for piece in lines if piece.text and not piece.text.startswith("%%")]
    if not meaningful or not _DIAGRAM.match(meaningful[0].text):
        first = meaningful[0].text if meaningful else ""
        yield (
            f"Line {block.line}: the block labelled mermaid begins with {_quote(first)}, which is "
            "no kind of diagram: begin with flowchart, sequenceDiagram, stateDiagram-v2 or "
            "erDiagram, or describe it in words."
        )
        return
    of_classes = meaningful[0].text.startswith("classDiagram")
    for piece in lines:
        text = _HARMLESS_TAG.sub(" ", piece.text.removeprefix("%%").strip())
        meaning = next((m for part in _parts(text) if (m := sign_in_diagram(part))), None)
        if of_classes and not meaning and _METHOD.search(text):
            meaning = "a signature"
        if meaning:
            yield _refusal(piece, meaning)


def _parts(line: str) -> tuple[str, ...]:
    """Return a diagram's line and, on their own, its labels: code may hide in a node's text."""
    labels = re.findall(r'"([^"]*)"|\[([^\]]*)\]|\|([^|]*)\||:\s*(.*)$', line)
    return (line, *(part.strip(' "') for label in labels for part in label if part.strip()))


def _data(block: CodeBlock) -> Iterator[str]:
    if block.info == "json":
        try:
            json.loads(block.text)
        except (ValueError, RecursionError):
            yield (
                f"Line {block.line}: the block labelled json is not JSON: give data that parses, "
                "or a table."
            )
            return
    for offset, line in enumerate(block.text.split("\n")):
        text = visible(line).strip()
        # A closing bracket is how JSON ends, and nothing else of it looks like code.
        meaning = sign_in_prose(text) if block.info == "csv" else sign_in_diagram(text)
        if meaning:
            yield _refusal(Piece(block.line + 1 + offset, text), meaning)


def _html(piece: Piece) -> Iterator[str]:
    for offset, line in enumerate(piece.text.split("\n")):
        rest = visible(_HARMLESS_TAG.sub(" ", line)).strip()
        place = Piece(piece.line + offset, line.strip())
        if "<" in rest and ">" in rest:
            yield _refusal(place, "markup")
        elif meaning := sign_in_prose(rest):
            yield _refusal(place, meaning)


def _refusal(piece: Piece, meaning: str) -> str:
    return (
        f"Line {piece.line}: {_quote(piece.text)} is code ({meaning}); this document says what, "
        "not how: describe it in words, in a field table or as a named operation."
    )


def _quote(text: str) -> str:
    shown = text if len(text) <= _QUOTED else f"{text[: _QUOTED - 3]}..."
    return f"“{shown}”"
