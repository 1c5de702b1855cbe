"""Each document of the corpus is realistic but for one thing: what it hides, or what it only
resembles.
"""

import re
from pathlib import Path

import pytest

from phases.core.artifacts import Facts, refusals

CORPUS = Path(__file__).parents[2] / "data" / "artifacts"
KINDS = ("design-plan", "plan-review", "system-plan", "test-plan")
FACTS = Facts(
    requirements=("R1", "R2", "R3"),
    test_plan="",
    reviewed=("design-plan.md", "system-plan.md", "test-plan.md"),
    sources=(),
    exists=lambda _path, _line: True,
    verdict="",
    findings=(),
)
ABOUT_CODE = re.compile(r"is code \(|code block|no kind of diagram|labelled json")


def documents(verdict: str) -> list[Path]:
    return sorted(path for kind in KINDS for path in (CORPUS / kind / verdict).glob("*.md"))


def name_of(path: Path) -> str:
    return "/".join(path.parts[-3:])


@pytest.mark.parametrize("path", documents("pass"), ids=name_of)
def test_a_document_without_code_passes(path: Path) -> None:
    found = refusals(f"{path.parent.parent.name}.md", path.read_text(), FACTS)

    assert found == ()


@pytest.mark.parametrize("path", documents("refuse"), ids=name_of)
def test_a_document_with_code_is_refused_with_the_line_quoted(path: Path) -> None:
    found = refusals(f"{path.parent.parent.name}.md", path.read_text(), FACTS)

    about_code = [sentence for sentence in found if ABOUT_CODE.search(sentence)]
    assert about_code
    assert all(re.match(r"Line \d+: ", sentence) for sentence in about_code)


@pytest.mark.parametrize("kind", KINDS)
def test_the_corpus_of_each_kind_is_large_enough_to_mean_something(kind: str) -> None:
    assert len(list((CORPUS / kind / "pass").glob("*.md"))) >= 20
    assert len(list((CORPUS / kind / "refuse").glob("*.md"))) >= 20
