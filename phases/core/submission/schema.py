"""The JSON Schema of the `submit` tool, as the model is shown it.

It constrains nothing but shape: lengths, enumerations and demands are judged by the service, whose
sentences a model can act on and whose rules every model provider accepts.
"""

from typing import Any


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _text_or_null(description: str) -> dict[str, Any]:
    return {"type": ["string", "null"], "description": description}


def _list_or_null(description: str, items: dict[str, Any]) -> dict[str, Any]:
    return {"type": ["array", "null"], "description": description, "items": items}


_LINE = {"type": ["integer", "null"], "description": "Line in the file, from 1; null if none."}
_FILE = _text("Path relative to /workspace.")

_COMMIT = _object(
    type=_text("feat, fix, refactor, perf, test, docs, style, build, ci, chore or revert."),
    scope=_text_or_null("Part of the code base in a word, lower case; null if none fits."),
    subject=_text("Imperative, one line, at most 72 characters, no full stop."),
    body=_text_or_null("Why, in prose. No trailers, no mentions, no issue numbers to close."),
)
_COMMIT["type"] = ["object", "null"]
_COMMIT["description"] = "The message of the commit that the service makes of your changes."

SUBMIT_SCHEMA: dict[str, Any] = _object(
    outcome=_text("done, no_change (only where your step allows it) or blocked."),
    artifact=_text("The artifact of your step: the whole Markdown document."),
    summary=_text("What you did, or what stands in the way, in one to three sentences."),
    requirements=_list_or_null(
        "What the request asks for.",
        _object(
            id=_text("R1, R2, ..."),
            text=_text("The requirement in one sentence."),
            acceptance={"type": "array", "items": _text("One criterion that can be checked.")},
        ),
    ),
    weight=_text_or_null("light, standard or full."),
    sides=_list_or_null("Sides that the request touches.", _text("backend, frontend or docs.")),
    commit=_COMMIT,
    verdict=_text_or_null("approved or changes_requested."),
    reviews=_list_or_null(
        "One entry per plan under review.",
        _object(
            artifact=_text("The plan's name, such as system-plan.md."),
            verdict=_text("approved or changes_requested."),
            comments=_text("What must change and why; for an approval, what was checked."),
        ),
    ),
    findings=_list_or_null(
        "What the review found; empty when it found nothing.",
        _object(
            id=_text("F1, F2, ..."),
            severity=_text("blocking, major or minor."),
            file=_FILE,
            line=_LINE,
            title=_text("The defect in one line."),
            detail=_text("What happens, when, and how it was seen."),
            suggestion=_text("What would mend it."),
        ),
    ),
    refutations=_list_or_null(
        "What became of each finding under test.",
        _object(
            finding=_text("F1, F2, ..."),
            verdict=_text("refuted or stands."),
            evidence=_text("What was run or read, and what it showed."),
        ),
    ),
    diagnosis=_list_or_null(
        "One entry per failure.",
        _object(
            failure=_text("The failure as the receipt names it."),
            cause=_text("Its root cause."),
            file=_FILE,
            line=_LINE,
            owner=_text("backend-developer, frontend-developer or test-writer."),
            fix=_text("What to change, in words."),
        ),
    ),
    interfaces=_list_or_null(
        "What later steps build on, as it now stands in the code.",
        _object(
            name=_text("Its name, such as GET /items or ItemList."),
            kind=_text("endpoint, function, type, event, setting, table, component, ..."),
            signature=_text("Input, output and errors, with exact names and types."),
            file=_FILE,
            line=_LINE,
        ),
    ),
    decisions=_list_or_null(
        "Choices that were open.",
        _object(what=_text("The choice."), why=_text("Its reason.")),
    ),
    questions=_list_or_null("What only a person can answer.", _text("One question.")),
    widen=_list_or_null(
        "Paths outside your scope that the work needs.",
        _object(path=_FILE, reason=_text("Why the work cannot do without it.")),
    ),
)
