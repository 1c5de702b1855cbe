"""Which requirements a document names, and whether it may.

Whether all documents together cover every requirement is a gate's question.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from phases.core.artifacts.document import Document, Section, Table, parse
from phases.core.artifacts.evidence import is_none, paths
from phases.core.artifacts.facts import Facts

_REQUIREMENT = re.compile(r"\bR(?!0)\d{1,3}\b")
_RANGE = re.compile(r"\bR(\d{1,3})\s*(?:-|–|to|\.\.)\s*R(\d{1,3})\b")
_CASE = re.compile(r"T[1-9]\d{0,2}")
_CASE_COLUMNS = ("id", "requirement", "level", "given", "when", "then")


@dataclass(frozen=True)
class Case:
    """One row of a test plan: its id, the requirements it shows, and on which level."""

    id: str
    requirements: tuple[str, ...]
    level: str


def requirement_ids(text: str) -> tuple[str, ...]:
    """Return the R-ids that a text names, in order, each once; `R2-R4` names three."""

    def spelled_out(found: re.Match[str]) -> str:
        first, last = int(found[1]), int(found[2])
        return " ".join(f"R{n}" for n in range(first, min(last, first + 100) + 1))

    return tuple(dict.fromkeys(_REQUIREMENT.findall(_RANGE.sub(spelled_out, text))))


def covered(document: Document) -> tuple[str, ...]:
    """Return the R-ids that the document's section `Covers` lists."""
    section = document.section("Covers")
    return requirement_ids(section.text) if section else ()


def cases(document: Document) -> tuple[Case, ...]:
    """Return the cases of a test plan, from its first table with an id column."""
    section = document.section("Cases")
    table = _case_table(section) if section else None
    if table is None:
        return ()
    at = {name: table.column(name) for name in _CASE_COLUMNS}
    return tuple(
        Case(
            id=_cell(row, at["id"]),
            requirements=requirement_ids(_cell(row, at["requirement"])),
            level=_cell(row, at["level"]),
        )
        for row in table.rows
    )


def settled(plan: Document, report: Document) -> frozenset[str]:
    """Return the R-ids that a test shows, or that plan or report excuse with a reason."""
    mapped, excused = _reported(report)
    rows = [row for row in cases(plan) if row.id in mapped | excused]
    by_case = {name for row in rows for name in row.requirements}
    gaps, left = report.section("Gaps"), plan.section("Not tested")
    in_words = [requirement_ids(section.text) for section in (gaps, left) if section]
    return frozenset(by_case.union(*in_words))


def gaps(report: Document) -> tuple[str, ...]:
    """Return what a test report leaves untested, a line per entry; nothing when it says "None"."""
    section = report.section("Gaps")
    if section is None or is_none(section.text):
        return ()
    lines = (line.strip().lstrip("-*").strip() for line in section.text.split("\n"))
    return tuple(line for line in lines if line)


def covers_refusals(document: Document, facts: Facts) -> Iterator[str]:
    """Yield what is wrong with the section `Covers`: no id, or one that the spec does not have."""
    section = document.section("Covers")
    if section is None:
        return
    named = requirement_ids(section.text)
    if not named and facts.requirements:
        yield f"“## Covers” names no requirement: list the ids, of {_listed(facts.requirements)}."
    yield from _unknown(named, facts, "“## Covers”")


def spec_refusals(document: Document, facts: Facts) -> Iterator[str]:
    """Yield each requirement that stands in only one of the spec and the submitted data."""
    section = document.section("Requirements")
    if section is None:
        return
    named = requirement_ids(section.text)
    for missing in facts.requirements:
        if missing not in named:
            yield f"“## Requirements” lacks {missing}, which `requirements` has: they must agree."
    for extra in named:
        if extra not in facts.requirements:
            yield f"“## Requirements” has {extra}, which `requirements` lacks: they must agree."


def case_refusals(document: Document, facts: Facts) -> Iterator[str]:
    """Yield what is wrong with the cases of a test plan."""
    section = document.section("Cases")
    if section is None:
        return
    table = _case_table(section)
    if table is None:
        yield f"“## Cases” has no table with the columns {', '.join(_CASE_COLUMNS)}: write one."
        return
    missing = [name for name in _CASE_COLUMNS if table.column(name) is None]
    if missing:
        yield f"Line {table.line}: the table of cases lacks the column {', '.join(missing)}."
        return
    yield from _row_refusals(table, facts)
    yield from _untested(document, facts)


def report_refusals(document: Document, facts: Facts) -> Iterator[str]:
    """Yield the cases of the plan that a test report neither maps to a test nor lists as a gap."""
    section = document.section("Case -> test")
    if section is None:
        return
    table = _report_table(section)
    if table is None:
        yield "“## Case -> test” has no table with the columns case and test: write one."
        return
    mapped, excused = _reported(document)
    planned = tuple(dict.fromkeys(row.id for row in cases(parse(facts.test_plan))))
    for missing in planned:
        if missing not in mapped | excused:
            yield f"{missing} of the test plan has no test and is not in “## Gaps”: add it to one."
    yield from _without_file(table, facts)
    if planned:
        for extra in sorted(mapped - set(planned)):
            yield f"{extra} is no case of the test plan: cases are {_listed(planned)}."


def _without_file(table: Table, facts: Facts) -> Iterator[str]:
    case, test = table.column("case"), table.column("test")
    for row in table.rows:
        cell = _cell(row, test)
        if cell and not any(facts.exists(path, None) for path in paths(cell)):
            yield (
                f"{_cell(row, case)} is mapped to “{cell[:80]}”, which names no file that is "
                "there: give the path of the test's file, from the root of the repository."
            )


def _reported(report: Document) -> tuple[set[str], set[str]]:
    """Return the ids of cases that a test report maps to a test, and those it lists as gaps."""
    section, gaps = report.section("Case -> test"), report.section("Gaps")
    table = _report_table(section) if section else None
    mapped: set[str] = set()
    if table:
        case, test = table.column("case"), table.column("test")
        rows = [row for row in table.rows if _cell(row, test)]
        mapped = {name for row in rows for name in _CASE.findall(_cell(row, case))}
    return mapped, set(_CASE.findall(gaps.text)) if gaps else set()


def _row_refusals(table: Table, facts: Facts) -> Iterator[str]:
    at = {name: table.column(name) for name in _CASE_COLUMNS}
    ids = [_cell(row, at["id"]) for row in table.rows]
    for row, name in zip(table.rows, ids, strict=True):
        if not _CASE.fullmatch(name):
            yield f"Line {table.line}: the case id “{name}” must be T1, T2, ..."
        named = requirement_ids(_cell(row, at["requirement"]))
        if not named:
            yield f"Line {table.line}: {name} names no requirement: give its R-id."
        yield from _unknown(named, facts, name)
        for column in ("level", "given", "when", "then"):
            if not _cell(row, at[column]):
                yield f"Line {table.line}: {name} has an empty cell under {column}: fill it."
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"Line {table.line}: the case id {name} is used more than once."
    if not ids:
        yield f"Line {table.line}: the table of cases has no row."


def _untested(document: Document, facts: Facts) -> Iterator[str]:
    section = document.section("Not tested")
    excused = requirement_ids(section.text) if section else ()
    tested = {name for row in cases(document) for name in row.requirements}
    for name in facts.requirements:
        if name not in tested and name not in excused:
            yield f"{name} has no case and is not in “## Not tested”: add a case, or say why not."


def _unknown(named: tuple[str, ...], facts: Facts, where: str) -> Iterator[str]:
    for name in named:
        if name not in facts.requirements:
            known = _listed(facts.requirements)
            yield f"{where} names {name}, which the spec does not have. It has: {known}."


def _case_table(section: Section) -> Table | None:
    return next((table for table in section.tables if table.column("id") is not None), None)


def _report_table(section: Section) -> Table | None:
    columns = ("case", "test")
    return next((t for t in section.tables if None not in map(t.column, columns)), None)


def _cell(row: tuple[str, ...], index: int | None) -> str:
    return row[index].strip() if index is not None and index < len(row) else ""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
