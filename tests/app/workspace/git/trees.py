"""The tree of a small project as an agent gets it, and what the service sees changed in it."""

from pathlib import Path

from app.workspace.working_tree import WorkingTree
from phases.core.model import Change
from tests.app.workspace.git.kit import Bench

FILES = {
    "README.md": "# Project\n",
    "src/app.py": "print('a')\n",
    "src/deep/er/x.txt": "x\n",
    ".gitignore": "*.log\nbuild/\n",
}


async def a_tree(bench: Bench) -> tuple[WorkingTree, Path]:
    return await bench.tree(bench.host.create("owner", "project", FILES))


async def changes_of(tree: WorkingTree) -> dict[str, Change]:
    return {change.path: change for change in (await tree.differences()).changes}
