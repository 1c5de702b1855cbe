"""Judging one artifact: everything that is wrong with it, as sentences for its author.

What a step's data must hold besides is judged in `phases.core.submission`.
"""

from collections.abc import Iterator

from phases.core.artifacts.document import Document, parse
from phases.core.artifacts.facts import Facts
from phases.core.artifacts.kinds import ArtifactKind, kind_of

MOST_CHARACTERS = 60_000
"""A comment holds 65,536 characters, and heading and frame need room."""

MOST_LINE_CHARACTERS = 4_000
"""Far beyond any paragraph; patterns are matched line by line and must stay quick."""

MOST_REFUSALS = 20


def refusals(name: str, text: str, facts: Facts) -> tuple[str, ...]:
    """Return a sentence for each reason why this text is no valid artifact of this name.

    Each names the heading or quotes the line, and says what to do; empty means valid.

    Raises:
        UnknownArtifactError: no kind of artifact has this name.
    """
    kind = kind_of(name)
    if len(text) > MOST_CHARACTERS:
        size = f"{name} has {len(text)} characters; at most {MOST_CHARACTERS} fit a comment"
        return (f"{size}: keep to what the next reader needs.",)
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MOST_LINE_CHARACTERS:
            size = (
                f"Line {number} has {len(line)} characters; at most {MOST_LINE_CHARACTERS} are read"
            )
            return (f"{size}: break it into paragraphs.",)
    found = list(dict.fromkeys(_found(kind, parse(text), facts)))
    if len(found) > MOST_REFUSALS:
        rest = len(found) - MOST_REFUSALS
        return (*found[:MOST_REFUSALS], f"There are {rest} more faults of the same kinds.")
    return tuple(found)


def _found(kind: ArtifactKind, document: Document, facts: Facts) -> Iterator[str]:
    yield from _headings(kind, document)
    yield from _comments(document)
    for validate in kind.validators:
        yield from validate(document, facts)


def _headings(kind: ArtifactKind, document: Document) -> Iterator[str]:
    for title in kind.headings:
        section = document.section(title)
        if section is None:
            yield f"The heading “## {title}” is missing: {kind.name} must have it."
        elif not section.text:
            yield f"“## {title}” is empty: fill it, or write “None” and why."


def _comments(document: Document) -> Iterator[str]:
    for piece in document.html:
        if "<!--" in piece.text:
            yield (
                f"Line {piece.line}: an HTML comment is invisible to people and has no place in an "
                "artifact: write it as text, or leave it out."
            )
