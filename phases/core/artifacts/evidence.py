"""Claims that can be looked up: a citation must exist, a figure must stand in a source.

Whether a claim that cites something real is also right, a reviewer judges.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from phases.core.artifacts.document import Document, Section
from phases.core.artifacts.facts import Facts

_NONE = re.compile(r"^[\s*_>-]*(?:none|nothing|not applicable|n/a)\b", re.IGNORECASE)
_CITATION = re.compile(
    r"(?<![\w/.:@-])(?P<path>(?:[\w@.+\-\[\]()$]+/)*(?:[\w@.+\-\[\]()$]*\.\w+|[A-Z]\w*file))"
    r":(?P<first>\d+)(?:\s*[-–]\s*(?P<last>\d+))?"
)
_PATH = re.compile(r"(?<![\w/.@-])(?:[\w@.+\-\[\]()$]+/)*[\w@.+\-\[\]()$]*\.[A-Za-z]\w*")
_NUMBER = r"\d+(?:[.,]\d+)*"
_UNIT = r"(?:\s?%|ms|s|x|k|[KMG]i?B)"
# No ids (R1), no issue numbers (#7), no parts of names, paths, dates or hashes.
_FIGURE = re.compile(rf"(?<![\w.#/@-])({_NUMBER}){_UNIT}?(?![\w/-]|\.\w)")
_PAIR = re.compile(rf"(?<![\w.#/@-])({_NUMBER})\s?[-/]\s?({_NUMBER}){_UNIT}?(?![\w/-])")


@dataclass(frozen=True)
class Citation:
    """A place in a file, as a document names it: `path:line` or `path:first-last`."""

    path: str
    first: int
    last: int


def is_none(text: str) -> bool:
    """Say whether a section answers that there is nothing to say."""
    return bool(_NONE.match(text))


def citations(text: str) -> tuple[Citation, ...]:
    """Return the places in files that a text cites, in order."""
    return tuple(
        Citation(found["path"], int(found["first"]), int(found["last"] or found["first"]))
        for found in _CITATION.finditer(text)
    )


def paths(text: str) -> tuple[str, ...]:
    """Return what looks like the path of a file in a text, in order."""
    return tuple(found.group() for found in _PATH.finditer(text))


def figures(text: str) -> tuple[str, ...]:
    """Return the figures that a text states, without thousands separators, each once."""
    prose = _CITATION.sub(" ", text)
    found = [match.group(1) for match in _FIGURE.finditer(prose)]
    found.extend(number for match in _PAIR.finditer(prose) for number in match.groups())
    return tuple(dict.fromkeys(_plain(number) for number in found))


def citation_refusals(section: Section, facts: Facts, *, wanted: bool) -> Iterator[str]:
    """Yield each citation that does not exist; `wanted` asks for at least one, or for "None"."""
    cited = citations(section.text)
    if wanted and not cited and not is_none(section.text):
        yield (
            f"“## {section.title}” cites no place: give path:line for each claim, or say “None” "
            "and why."
        )
    for place in cited:
        if not (facts.exists(place.path, place.first) and facts.exists(place.path, place.last)):
            lines = f"{place.first}" if place.first == place.last else f"{place.first}-{place.last}"
            yield (
                f"“## {section.title}” cites {place.path}:{lines}, which does not exist: look the "
                "line up and cite it by its path from the root of the repository."
            )


def figure_refusals(document: Document, facts: Facts) -> Iterator[str]:
    """Yield each figure that none of the sources states."""
    known = {_plain(number) for text in facts.sources for number in re.findall(_NUMBER, text)}
    for piece in document.prose:
        for number in figures(piece.text):
            if number not in known:
                yield (
                    f"Line {piece.line}: the figure {number} is in no artifact and no receipt: "
                    "leave it out, or quote it as it stands there."
                )


def _plain(number: str) -> str:
    trimmed = number.strip(".,")
    return trimmed.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+", trimmed) else trimmed
