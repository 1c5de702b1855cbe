"""A base branch that moves under a run, so that both have changed one line, and who resolves it."""

import base64

from tests.acceptance.scripts import Script, bash, submits
from tests.world import World

RESOLVED = "ready/backend-developer/1"
REPORT = "## Conflicts resolved\n\n- README.md: both\n\n## What to look at\n\n- None\n"
IMPORT, LAZILY = "from thimble import parse", "from thimble import parse  # lazily"


def that_resolves() -> Script:
    """A developer that keeps what both sides meant."""
    take = f"sed -i '/^<<<</d; /^====/,/^>>>>/d; s/{IMPORT}, spell/&  # lazily/' README.md"
    commit = {"type": "chore", "scope": None, "subject": "merge main", "body": None}
    done = submits(summary="Both sides hold.", artifact=REPORT, commit=commit)
    looking = {**bash(f"{take}; cat README.md"), "expect_prompt": "README.md"}
    return Script().set(RESOLVED, [looking, {**done, "expect": "parse, spell  # lazily"}])


def move_base(world: World) -> str:
    """Let a writer change the line on the base branch that the run changes; return the commit."""
    readme = world.person("reader").get("contents/README.md").json()
    text = base64.b64decode(readme["content"]).decode().replace(IMPORT, LAZILY)
    return push(world, "README.md", text, "main", readme["sha"])


def put_base_back(world: World, commit: str) -> None:
    """Let the base branch stand where it stood."""
    back = {"sha": commit, "force": True}
    world.person("maintainer").patch("git/refs/heads/main", json=back).raise_for_status()


def push(world: World, path: str, text: str, branch: str, replaced: str | None = None) -> str:
    """Let a writer push a file; return the commit."""
    content = base64.b64encode(text.encode()).decode()
    body = {"message": f"docs: {path}", "content": content, "branch": branch}
    body |= {"sha": replaced} if replaced else {}
    answer = world.person("writer").put(f"contents/{path}", json=body).raise_for_status()
    return str(answer.json()["commit"]["sha"])
