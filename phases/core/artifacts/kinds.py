"""The kinds of artifacts by name: what headings each must have, and what else it is held to.

The table is the design's; the validators it names stand in their own modules.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from phases.core.artifacts.codefree import code_refusals
from phases.core.artifacts.coverage import (
    case_refusals,
    covers_refusals,
    report_refusals,
    spec_refusals,
)
from phases.core.artifacts.document import Document, plain_title
from phases.core.artifacts.evidence import citation_refusals, figure_refusals, is_none
from phases.core.artifacts.facts import Facts
from phases.core.artifacts.review import review_refusals

Validator = Callable[[Document, Facts], Iterator[str]]


class UnknownArtifactError(LookupError):
    """No kind of artifact has this name: a defect of the step that asks for it."""


@dataclass(frozen=True)
class ArtifactKind:
    """What a document of this name must be."""

    name: str
    headings: tuple[str, ...]
    validators: tuple[Validator, ...]


def kind_of(name: str) -> ArtifactKind:
    """Return the kind that an artifact's name stands for.

    Raises:
        UnknownArtifactError: there is none; the message lists the names there are.
    """
    if name not in KINDS:
        raise UnknownArtifactError(
            f"No artifact is called {name!r}. There are: {', '.join(KINDS)}."
        )
    return KINDS[name]


def _no_code(document: Document, facts: Facts) -> Iterator[str]:
    del facts
    return code_refusals(document, data=False)


def _no_code_but_data(document: Document, facts: Facts) -> Iterator[str]:
    del facts
    return code_refusals(document, data=True)


def _cites(title: str, *, wanted: bool = False) -> Validator:
    def validate(document: Document, facts: Facts) -> Iterator[str]:
        section = document.section(title)
        return citation_refusals(section, facts, wanted=wanted) if section else iter(())

    return validate


def _mentions(title: str, *words: str) -> Validator:
    def validate(document: Document, facts: Facts) -> Iterator[str]:
        del facts
        section = document.section(title)
        if section is None or is_none(section.text):
            return
        missing = [word for word in words if word not in section.text.lower()]
        if missing:
            yield f"“## {section.title}” does not speak of {', '.join(missing)}: say it, or “None”."

    return validate


def _has_table(title: str) -> Validator:
    def validate(document: Document, facts: Facts) -> Iterator[str]:
        del facts
        section = document.section(title)
        if section and not section.tables and not is_none(section.text):
            yield f"“## {section.title}” has no table: give one per entity, or say “None” and why."

    return validate


def _has_diagram(title: str) -> Validator:
    def validate(document: Document, facts: Facts) -> Iterator[str]:
        del facts
        section = document.section(title)
        if section is None or is_none(section.text):
            return
        if not any(block.info == "mermaid" for block in section.blocks):
            yield f"“## {section.title}” has no mermaid block: draw it, or say “None” and why."

    return validate


def _a_verdict_per_plan(document: Document, facts: Facts) -> Iterator[str]:
    for name in facts.reviewed:
        wanted = _plan_title(name)
        section = next(
            (s for s in document.sections if _plan_title(s.title).startswith(wanted)), None
        )
        if section is None:
            yield f"The heading “## {name}” is missing: review every plan under its own heading."
            continue
        text = f"{section.title}\n{section.text}".lower().replace("_", " ")
        if "approved" not in text and "changes requested" not in text:
            yield f"“## {section.title}” gives no verdict: write approved or changes_requested."


def _plan_title(text: str) -> str:
    return plain_title(text).replace(".md", "").replace("-", " ").replace("`", "").strip()


_IMPLEMENTATION = (
    *("What changed", "Decisions", "Interfaces"),
    *("Deviations from the plan", "How to verify", "Covers"),
)

_BUILT = (covers_refusals, _cites("What changed"), _cites("Interfaces"))

_POLISHED = ("Changes with reason", "What was left and why")

_LISTED = (
    ArtifactKind(
        "pm-spec.md",
        ("Summary", "Requirements", "Out of scope", "Open questions", "Existing behaviour"),
        (spec_refusals, _cites("Existing behaviour")),
    ),
    ArtifactKind(
        "design-plan.md",
        ("Flows", "Screens and states", "Components by name", "Accessibility", "Covers"),
        (_no_code, covers_refusals, _mentions("Screens and states", "empty", "loading", "error")),
    ),
    ArtifactKind(
        "system-plan.md",
        (
            *("Data", "Relationships", "Operations", "Rules", "Existing patterns followed"),
            *("New dependencies", "Migration", "Risks", "Covers"),
        ),
        (
            _no_code,
            covers_refusals,
            _has_table("Data"),
            _has_diagram("Relationships"),
            _mentions("Operations", "input", "output", "error"),
            _cites("Existing patterns followed", wanted=True),
        ),
    ),
    ArtifactKind(
        "test-plan.md",
        ("Cases", "Data", "Not tested", "Covers"),
        (_no_code_but_data, case_refusals, covers_refusals),
    ),
    ArtifactKind(
        "plan-review.md",
        ("Conflicts between the plans",),
        (_no_code, _a_verdict_per_plan),
    ),
    ArtifactKind("backend-implementation.md", _IMPLEMENTATION, _BUILT),
    ArtifactKind("frontend-implementation.md", _IMPLEMENTATION, _BUILT),
    ArtifactKind("optimization-report.md", _POLISHED, (_cites("Changes with reason"),)),
    ArtifactKind("simplification-report.md", _POLISHED, (_cites("Changes with reason"),)),
    ArtifactKind("test-report.md", ("Case -> test", "Gaps"), (report_refusals,)),
    ArtifactKind("quality-report.md", ("Repaired", "Pre-existing", "Left and why"), ()),
    ArtifactKind(
        "review-report.md",
        ("Verdict", "Findings", "Requirements met"),
        (review_refusals, _cites("Findings"), _cites("Requirements met")),
    ),
    ArtifactKind(
        "documentation-report.md",
        ("Changed", "Checked against code"),
        (_cites("Checked against code", wanted=True),),
    ),
    ArtifactKind(
        "diagnosis.md",
        ("Summary", "Reproduction", "Root cause", "Fix", "Owner"),
        (_cites("Root cause", wanted=True),),
    ),
    ArtifactKind("merge-report.md", ("Conflicts resolved", "What to look at"), ()),
    ArtifactKind(
        "delivery-summary.md",
        ("What and why", "How verified", "Look here first", "Known limits"),
        (figure_refusals, _cites("Look here first", wanted=True)),
    ),
)

KINDS: Mapping[str, ArtifactKind] = {kind.name: kind for kind in _LISTED}
