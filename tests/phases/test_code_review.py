"""A code review's findings, on the lines of a diff or in the review's body."""

from dataclasses import replace

from phases.core.code_review import (
    CodeReview,
    code_review,
    new_lines,
    parse_code_review,
    without_remarks,
)
from phases.core.model import StepOutcome
from phases.core.record import Performed
from phases.core.submission import Finding, Outcome, Severity, Submission
from phases.core.work import WorkName
from tests.app.github.parts import START
from tests.fakes.worktree import sha

DIFF = """\
diff --git a/back/a.py b/back/a.py
--- a/back/a.py
+++ b/back/a.py
@@ -1,3 +1,4 @@
 one
-two
+two, better
+and more
 three
@@ -20 +21 @@ def f():
--- gone
+++ b/not-a-file
diff --git a/front/b.ts b/front/b.ts
new file mode 100644
--- /dev/null
+++ b/front/b.ts
@@ -0,0 +1,2 @@
+x
+y
\\ No newline at end of file
diff --git a/old b/old
--- a/old
+++ /dev/null
@@ -1 +0,0 @@
-z
"""
MEND = "Do it so:\n\n```suggestion\nreturn 1\n```"


def finding(number: int, file: str, line: int | None, suggestion: str = "") -> Finding:
    name = f"F{number}"
    return Finding(name, Severity.MINOR, file, line, f"Title {number}", "Why @all.", suggestion)


def review_of(*findings: Finding, number: int = 1) -> Performed:
    return Performed(
        WorkName.parse(f"qa/code-reviewer/{number}"),
        "Review",
        1,
        START,
        outcome=StepOutcome.DONE,
        submission=Submission(Outcome.DONE, "", "told", findings=findings),
    )


def reviewed(*findings: Finding) -> CodeReview:
    (desired,) = code_review(review_of(*findings), sha("head"), DIFF, [])
    assert desired.key == "review/qa/code-reviewer/1"
    return parse_code_review(desired.text)


def test_the_lines_of_the_new_side_are_those_that_a_diff_shows() -> None:
    assert new_lines(DIFF) == {
        "back/a.py": frozenset({1, 2, 3, 4, 21}),
        "front/b.ts": frozenset({1, 2}),
    }


def test_a_finding_on_a_line_of_the_diff_stands_there_with_its_suggestion() -> None:
    review = reviewed(finding(1, "back/a.py", 3, MEND))

    (remark,) = review.remarks
    assert (remark.path, remark.line) == ("back/a.py", 3)
    assert "**F1, minor: Title 1**" in remark.body
    assert "```suggestion\nreturn 1\n```" in remark.body
    assert "@all" not in remark.body
    assert "F1" not in review.body


def test_a_finding_elsewhere_stands_in_the_body_without_anything_to_click() -> None:
    review = reviewed(
        finding(1, "back/a.py", 10, MEND), finding(2, "back/c.py", 1), finding(3, "back/a.py", None)
    )

    assert review.remarks == ()
    assert "`back/a.py:10`" in review.body
    assert "`back/c.py:1`" in review.body
    assert "`back/a.py`" in review.body
    assert "suggestion\n" not in review.body


def test_without_its_lines_a_review_keeps_every_finding() -> None:
    body = without_remarks(reviewed(finding(1, "back/a.py", 3, MEND), finding(2, "x", 1)))

    assert "F1" in body
    assert "F2" in body
    assert "```suggestion" not in body
    assert "return 1" in body


def test_a_review_without_findings_bothers_nobody() -> None:
    assert code_review(review_of(), sha("head"), DIFF, []) == ()


def test_what_an_earlier_round_has_said_on_a_line_is_not_said_again() -> None:
    first = review_of(finding(1, "back/a.py", 3), finding(2, "front/b.ts", 1))
    moved = replace(finding(1, "back/a.py", 4), detail="Unchanged since the last round.")
    second = review_of(moved, finding(3, "front/b.ts", 2), number=2)

    (desired,) = code_review(second, sha("head"), DIFF, [first])

    review = parse_code_review(desired.text)
    assert review.body.startswith("**1 new finding of the code review (round 2)")
    assert [remark.path for remark in review.remarks] == ["front/b.ts"]
    assert code_review(review_of(moved, number=2), sha("head"), DIFF, [first]) == ()
