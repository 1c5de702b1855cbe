"""What holds the others must itself find what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.allowed import ALLOWED, MOST
from tests.contract.folder import Report, held_inventions
from tests.contract.graph import Graph
from tests.contract.hooks import github_hooks
from tests.contract.rest import DATA, Exchange, github_rest, lenient_rest

COMMENTS = "/repos/acme/shop/issues/3/comments"
REFUSAL = {"message": "Not Found", "documentation_url": "https://docs.github.com", "status": "404"}
FLIP = (
    "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id})"
    " { pullRequest { number isDraft } } }"
)


def faults(
    method: str, path: str, status: int, request: Any, response: Any, query: str = ""
) -> list[str]:
    exchange = Exchange(method, path, query, status, request, response)
    return github_rest().asked(exchange) + github_rest().answered(exchange)


def test_an_exchange_as_github_publishes_it_has_no_fault() -> None:
    limit = {"limit": 1, "used": 0, "remaining": 1, "reset": 1}
    answer = {"resources": {"core": limit, "search": limit}, "rate": limit}

    assert faults("GET", "/rate_limit", 200, None, answer) == []
    assert faults("GET", COMMENTS, 200, None, [], "per_page=100&page=2") == []
    assert faults("GET", COMMENTS, 404, None, REFUSAL) == []


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (("GET", "/repos/acme/shop/nowhere", 404, None, REFUSAL), "operation: not published"),
        (("POST", COMMENTS, 404, {"body": 5}, REFUSAL), "request: body: 5 is not of type"),
        (("POST", COMMENTS, 404, {"body": "x", "text": 1}, REFUSAL), "text is not published"),
        (("POST", COMMENTS, 404, None, REFUSAL), "request: a body is missing"),
        (("GET", COMMENTS, 200, {"body": "x"}, []), "request: a body where none"),
        (("GET", COMMENTS, 200, None, [], "pages=2"), "query: pages is not published"),
        (("GET", COMMENTS, 200, None, [], "page=two"), "query page: : "),
        (("GET", "/repos/acme/shop/issues/three", 404, None, REFUSAL), "path issue_number: "),
        (("GET", COMMENTS, 200, None, [{"id": 1}]), "answer 200: 0: "),
        (("GET", COMMENTS, 418, None, REFUSAL), "status 418"),
        (("GET", COMMENTS, 418, None, {}), "answer 418: : "),
        (("DELETE", "/installation/token", 204, None, {"a": 1}), "answer: a body where none"),
    ],
)
def test_what_is_not_published_is_a_fault(asked: tuple[Any, ...], fault: str) -> None:
    assert any(fault in found for found in faults(*asked)), faults(*asked)


def test_a_request_that_was_refused_as_wrong_is_not_held_again() -> None:
    refusal = {"message": "Validation Failed", "documentation_url": "https://docs.github.com"}

    assert faults("POST", COMMENTS, 422, {"text": "x"}, refusal) == []


def test_an_invented_answer_may_lack_members_but_not_their_types(tmp_path: Path) -> None:
    asked = {"method": "GET", "path": f"/api/v3{COMMENTS}", "query": "", "request": None}
    log = tmp_path / "answers.jsonl"
    entries = [
        asked | {"status": 200, "response": [{"id": 1}]},
        asked | {"status": 200, "response": [{"id": "one"}]},
        asked | {"status": 502, "response": "<html>"},
        asked | {"status": None, "response": None},
    ]
    log.write_text("\n".join(map(json.dumps, entries)))

    report = held_inventions([log])

    assert report.invented == 4
    (finding,) = report.findings
    assert finding.endswith('/comments: answer 200: 0/id: "one" is not of type "integer"')
    assert "required" not in str(lenient_rest().operations["GET /app"]["responses"])


@pytest.mark.parametrize(
    ("document", "variables", "answer", "fault"),
    [
        ("query {", {}, {}, "Syntax Error"),
        ("{ viewer { shoeSize } }", {}, {}, "shoeSize"),
        (FLIP, {}, {}, "Variable '$id'"),
        (FLIP, {"id": "PR_1", "n": 1}, {}, "n is not declared"),
        (
            FLIP,
            {"id": "PR_1"},
            {"data": {"markPullRequestReadyForReview": {"pullRequest": {"number": None}}}},
            "Cannot return null",
        ),
    ],
)
def test_a_document_that_github_would_refuse_is_a_fault(
    document: str, variables: dict[str, Any], answer: Any, fault: str
) -> None:
    graph = Graph((DATA / "schema.graphql").read_text())

    assert fault in " ".join(graph.faults(document, variables, answer))


def test_a_document_as_github_takes_it_has_no_fault() -> None:
    graph = Graph((DATA / "schema.graphql").read_text())
    flipped = {"pullRequest": {"number": 3, "isDraft": False}}
    answer = {"data": {"markPullRequestReadyForReview": flipped}}

    assert graph.faults(FLIP, {"id": "PR_1"}, answer) == []
    refused = {"data": {"markPullRequestReadyForReview": None}, "errors": [{"message": "no"}]}
    assert graph.faults(FLIP, {"id": "PR_1"}, refused) == []


def test_a_delivery_that_github_would_not_send_is_a_fault() -> None:
    hooks = github_hooks()

    assert hooks.faults("issues", {"action": "eaten"}) == [
        "issues-eaten: not published, or not in use"
    ]
    assert any("issue" in fault for fault in hooks.faults("issues", {"action": "closed"}))


def test_reports_of_several_processes_add_up_to_one() -> None:
    report = Report(exchanges=1)
    report.findings["x"] += 1

    report.add(Report.from_json(report.to_json()))

    assert (report.exchanges, report.findings["x"]) == (2, 2)
    assert "1 findings" in next(report.lines())


def test_few_statuses_may_differ_and_each_has_a_reason() -> None:
    operations = github_rest().operations

    assert len(ALLOWED) <= MOST
    for (operation, fault), reason in ALLOWED.items():
        assert fault.removeprefix("status ") not in operations[operation]["responses"]
        assert len(reason) > 20
