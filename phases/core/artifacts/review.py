"""The validator of a code review: its words agree with its data, and each requirement has evidence.

An approval that cites nothing looks like one that was read; this is what tells them apart.
"""

import re
from collections.abc import Iterator

from phases.core.artifacts.coverage import requirement_ids
from phases.core.artifacts.document import Document, Section
from phases.core.artifacts.evidence import citations
from phases.core.artifacts.facts import Facts

_WORDS = {"approved": "approved", "changes_requested": "changes requested"}
_FINDING = re.compile(r"\bF[1-9]\d{0,2}\b")
_ENTRY = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)])\s)|\n(?=\s*\|)")


def review_refusals(document: Document, facts: Facts) -> Iterator[str]:
    """Yield what the document leaves out of verdict, findings and requirements."""
    yield from _verdict(document.section("Verdict"), facts)
    yield from _findings(document.section("Findings"), facts)
    yield from _requirements(document.section("Requirements met"), facts)


def _verdict(section: Section | None, facts: Facts) -> Iterator[str]:
    word = _WORDS.get(facts.verdict)
    if section is None or word is None:
        return
    text = section.text.lower().replace("_", " ")
    others = [other for other in _WORDS.values() if other != word]
    if word not in text or any(text.startswith(other) for other in others):
        yield f"“## Verdict” must say “{word}”, as `verdict` does."


def _findings(section: Section | None, facts: Facts) -> Iterator[str]:
    named = set(_FINDING.findall(section.text)) if section else set()
    for missing in facts.findings:
        if section and missing not in named:
            yield f"“## Findings” lacks {missing}, which `findings` has: they must agree."


def _requirements(section: Section | None, facts: Facts) -> Iterator[str]:
    if section is None:
        return
    entries = [(requirement_ids(entry), entry) for entry in _ENTRY.split(section.text)]
    for name in facts.requirements:
        about = [entry for named, entry in entries if name in named]
        if not about:
            yield f"“## Requirements met” does not speak of {name}: say by what code and test."
        elif not any(citations(entry) or _FINDING.search(entry) for entry in about):
            yield (
                f"“## Requirements met” gives no place for {name}: cite its code or test as "
                "path:line, or name the finding that stands in its way."
            )
