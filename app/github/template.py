"""The repository's own pull request template, as it stands at the run's base commit."""

import base64
import binascii
from typing import Any

from app.github.answers import EntryAnswer, FileAnswer, understood
from app.github.client import GitHubApi
from app.github.errors import RefusedByGitHubError
from phases.core.model import Repository

# Where GitHub looks, in its order, whatever the case of the name
# (docs.github.com, "Creating a pull request template for your repository").
FOLDERS = (".github", "", "docs")
NAMES = frozenset({"pull_request_template.md", "pull_request_template.txt"})
LARGEST_BYTES = 32 * 1024
_NOT_FOUND = 404


async def find_template(api: GitHubApi, repository: Repository, commit: str) -> str:
    """Return the template's text, or nothing when there is none or it is over 32 KiB."""
    for folder in FOLDERS:
        for entry in await _listing(api, repository, folder, commit):
            fits = entry.type == "file" and entry.size <= LARGEST_BYTES
            if entry.name.lower() in NAMES and fits:
                return await _text(api, repository, entry.path, commit)
    return ""


async def _listing(
    api: GitHubApi, repository: Repository, folder: str, commit: str
) -> list[EntryAnswer]:
    answer = await _content(api, repository, folder, commit)
    return understood(list[EntryAnswer], answer) if isinstance(answer, list) else []


async def _text(api: GitHubApi, repository: Repository, path: str, commit: str) -> str:
    answer = understood(FileAnswer, await _content(api, repository, path, commit) or {})
    if answer.encoding != "base64":
        return ""
    try:
        return base64.b64decode(answer.content).decode("utf-8", "replace").strip()
    except binascii.Error:
        return ""


async def _content(api: GitHubApi, repository: Repository, path: str, commit: str) -> Any:
    try:
        return await api.read(
            lambda rest: rest.repos.async_get_content(
                repository.owner, repository.name, path, ref=commit
            )
        )
    except RefusedByGitHubError as refusal:
        if refusal.status == _NOT_FOUND:
            return None
        raise
