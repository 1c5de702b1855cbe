"""Domain values to JSON columns and back. Shapes only; nothing is judged here."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from phases.core.model import (
    Awaited,
    Awaiting,
    Base,
    Commit,
    Drift,
    Places,
    PullRequest,
    Request,
    RequestComment,
)
from phases.core.receipts import CheckId, CheckKind, CheckStatus, Failure, Receipt
from phases.core.submission import Side

Json = dict[str, Any]


def request_to_json(request: Request | None) -> Json | None:
    """Return a request as JSON."""
    if request is None:
        return None
    data = asdict(request)
    data["taken_at"] = request.taken_at.isoformat()
    data["comments"] = [
        {**asdict(comment), "created_at": comment.created_at.isoformat()}
        for comment in request.comments
    ]
    return data


def request_from_json(data: Json | None) -> Request | None:
    """Return the request that JSON stands for."""
    if data is None:
        return None
    comments = tuple(
        RequestComment(c["author"], c["body"], datetime.fromisoformat(c["created_at"]))
        for c in data["comments"]
    )
    taken_at = datetime.fromisoformat(data["taken_at"])
    return Request(data["title"], data["body"], data["author"], comments, taken_at)


def base_from_json(data: Json | None) -> Base | None:
    """Return the base that JSON (`asdict`) stands for."""
    if data is None:
        return None
    places = Places(**{key: tuple(value) for key, value in data["places"].items()})
    return Base(data["sha"], data["branch"], places, data.get("plan_gate", False))


def drift_from_json(data: Json | None) -> Drift | None:
    """Return the drift that JSON (`asdict`) stands for."""
    if data is None:
        return None
    return Drift(data["tip"], data["behind"], tuple(data["conflicts"]))


def awaiting_to_json(awaiting: Awaiting | None) -> Json | None:
    """Return what a run waits for as JSON."""
    if awaiting is None:
        return None
    return {**asdict(awaiting), "since": awaiting.since.isoformat()}


def awaiting_from_json(data: Json | None) -> Awaiting | None:
    """Return what a run waits for from the JSON that stands for it."""
    if data is None:
        return None
    return Awaiting(Awaited(data["what"]), datetime.fromisoformat(data["since"]), data["plans"])


def pull_request_from_json(data: Json | None) -> PullRequest | None:
    """Return the pull request that JSON (`asdict`) stands for."""
    return PullRequest(**data) if data else None


def commit_from_json(data: Json | None) -> Commit | None:
    """Return the commit that JSON (`asdict`) stands for."""
    return Commit(**{**data, "files": tuple(data["files"])}) if data else None


def receipt_to_json(receipt: Receipt) -> Json:
    """Return a receipt as JSON."""
    return asdict(receipt)


def receipt_from_json(data: Json) -> Receipt:
    """Return the receipt that JSON stands for."""
    failures = tuple(
        Failure(**{**failure, "check": _check(failure["check"])}) for failure in data["failures"]
    )
    fields = {
        **data,
        "check": _check(data["check"]),
        "status": CheckStatus(data["status"]),
        "argv": tuple(data["argv"]),
        "failures": failures,
    }
    return Receipt(**fields)


def _check(data: Json) -> CheckId:
    return CheckId(Side(data["side"]), CheckKind(data["kind"]))
