"""Runs as the service shows them, for tests of what the demo makes of them."""

from typing import Any

from app.cli.demo.seen import Seen, parse

PHASES = ("initialization", "planning", "implementation", "qa", "ready")


def moment(second: float) -> str:
    return f"2026-11-20T08:{int(second) // 60:02d}:{int(second) % 60:02d}.000000+00:00"


def step(agent: str, phase: str, started: float, ended: float | None, **more: Any) -> Any:
    round_ = more.pop("round", 1)
    return {
        "name": f"{phase}/{agent}/{round_}",
        "agent": agent,
        "who": agent,
        "phase": phase,
        "round": round_,
        "attempt": 1,
        "title": "",
        "outcome": None if ended is None else "done",
        "started": moment(started),
        "ended": None if ended is None else moment(ended),
        "model": "claude-sonnet-5-5",
        "artifact": None,
        "commit": None,
        "cost_usd": 0.0,
        "notes": [],
        "reason": "",
        **more,
    }


def receipt(check: str, status: str, **more: Any) -> Any:
    return {
        "work": "qa/checks/1",
        "check": check,
        "status": status,
        "passed": None,
        "failed": None,
        "reason": "",
        **more,
    }


def data(*steps: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "r1",
        "state": "running",
        "reason": "",
        "issue": 1,
        "title": "Add a field",
        "repository": "demo/shop",
        "branch": None,
        "created": moment(0),
        "started": moment(0),
        "ended": None,
        "phases": [
            {"name": name, "started": None, "ended": None, "state": "pending"} for name in PHASES
        ],
        "steps": list(steps),
        "receipts": [],
        "notes": [],
        "money": {"spent_usd": 0.42, "limit_usd": 15.0},
        "pull_request": None,
        "tracker_url": None,
        **more,
    }


def seen(*steps: Any, **more: Any) -> Seen:
    return parse(data(*steps, **more))
