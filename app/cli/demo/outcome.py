"""The outcome of a demo as data: what `--json` writes. Nothing is asked for here."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from app.cli.demo.cast import Cast
from app.cli.demo.folder import put
from app.cli.demo.maintainer import Pull
from app.cli.demo.seen import Seen
from app.cli.demo.trouble import DemoError

Outcome = Mapping[str, Any]


def outcome_of(cast: Cast, seen: Seen, pull: Pull | None) -> Outcome:
    """Return the outcome: the run by the service, the pull request by the stand-in."""
    ended = seen.ended
    return {
        "repository": seen.repository,
        "issue": seen.issue,
        "issue_url": f"{cast.url('github')}/{seen.repository}/issues/{seen.issue}",
        "title": cast.title,
        "run": seen.id,
        "state": seen.state,
        "reason": seen.reason,
        "pull_request": None if pull is None else pull.number,
        "pull_request_url": None if pull is None else pull.url,
        "draft": None if pull is None else pull.draft,
        "head": None if pull is None else pull.head,
        "phases": seen.raw["phases"],
        "steps": seen.raw["steps"],
        "receipts": seen.raw["receipts"],
        "money": seen.raw["money"],
        "wall_seconds": None if ended is None else (ended - seen.created).total_seconds(),
        "scripted": not cast.live,
    }


def is_ready(outcome: Outcome) -> bool:
    """Say whether the pull request is ready for review: by the service and by the stand-in."""
    return outcome["state"] == "ready" and outcome["draft"] is False


def demand_place(path: Path) -> None:
    """Make sure that an outcome can be written to a file.

    Raises:
        DemoError: it cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise DemoError(f"{path} cannot be written: {error.strerror}") from error
    if path.is_dir():
        raise DemoError(f"{path} cannot be written: it is a directory")


def write_outcome(outcome: Outcome, path: Path) -> None:
    """Write the outcome as JSON.

    Raises:
        DemoError: the file cannot be written.
    """
    try:
        put(path, json.dumps(outcome, indent=2, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise DemoError(f"{path} cannot be written: {error.strerror}") from error


def read_outcome(path: Path) -> Outcome | None:
    """Return the outcome in a file, or None when there is none."""
    if not path.exists():
        return None
    found: Outcome = json.loads(path.read_bytes())
    return found
