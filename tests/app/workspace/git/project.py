"""A small project with checks and a linter of its own, and the whole room to work on it."""

from dataclasses import dataclass, replace

from app.workspace.workspaces import GitWorkspaces
from phases.core.model import Run
from phases.core.receipts import CheckKind, Receipt
from phases.core.submission import CommitMessage
from phases.core.work import WorkName
from tests.app.workspace.git.kit import Bench, a_run
from tests.app.workspace.git.room import KeptLogs

WORK = WorkName.parse("implementation/backend-developer/1")
MESSAGE = CommitMessage("feat", None, "multiply", None)
LINTER = """\
import json, pathlib, sys
bad = [p for p in sorted(pathlib.Path("src").rglob("*.py")) if "tab" in p.read_text()]
print(json.dumps([{"code": "E101", "filename": str(p.absolute()), "message": "a tab",
                   "location": {"row": 1, "column": 1}} for p in bad]))
sys.exit(1 if bad else 0)
"""
FILES = {
    ".github/phaseline.yml": (
        "setup:\n"
        "  - mkdir -p .venv/bin && cp tools/ruff.py .venv/bin/ruff && chmod +x .venv/bin/ruff\n"
        "checks:\n"
        "  backend:\n"
        "    lint: ruff check src\n"
        "    tests: python3 -m unittest discover -s tests\n"
        "paths:\n"
        "  backend: [src/**]\n"
        "  tests: [tests/**]\n"
        "protected: [src/frozen.py]\n"
    ),
    ".gitignore": "*.log\n.venv/\n__pycache__/\n",
    "CLAUDE.md": "Be plain.\n",
    "src/calculator.py": "def add(a, b):\n    return a + b\n",
    "src/frozen.py": "X = 1\n",
    "tests/test_calculator.py": (
        "import sys, unittest\n"
        "sys.path.insert(0, 'src')\n"
        "from calculator import add\n\n\n"
        "class AddTest(unittest.TestCase):\n"
        "    def test_adds(self):\n"
        "        self.assertEqual(add(1, 2), 3)\n"
    ),
    "tools/ruff.py": f"#!/usr/bin/python3\n{LINTER}",
}


@dataclass
class Room:
    bench: Bench
    workspaces: GitWorkspaces
    logs: KeptLogs

    async def started(self, files: dict[str, str] | None = None) -> Run:
        self.bench.host.create("owner", "project", files or FILES)
        run = a_run()
        return replace(run, base=await self.workspaces.fetch_base(run))


def by_kind(receipts: tuple[Receipt, ...]) -> dict[CheckKind, Receipt]:
    return {receipt.check.kind: receipt for receipt in receipts}
