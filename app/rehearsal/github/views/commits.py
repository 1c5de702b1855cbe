"""Commits, trees, files and comparisons as JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import select

from app.rehearsal.github.store.base import node_id
from app.rehearsal.github.store.people import Account
from app.rehearsal.github.views.people import simple_user

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.git.commits import Commit, Signature
    from app.rehearsal.github.git.diffs import FileDiff
    from app.rehearsal.github.store.repositories import Repository

_NOREPLY = re.compile(r"(?:\d+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.\S+", re.IGNORECASE)
_UNSIGNED = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def account_of(context: Context, signature: Signature) -> Account | None:
    """Find the account behind a commit's address, which is one that GitHub gives to its users."""
    match = _NOREPLY.fullmatch(signature.email)
    return (
        context.session.scalar(select(Account).where(Account.login == match[1])) if match else None
    )


def _signed(signature: Signature) -> dict[str, str]:
    return {"name": signature.name, "email": signature.email, "date": signature.date}


def _user(context: Context, signature: Signature) -> dict[str, Any] | None:
    account = account_of(context, signature)
    return simple_user(context.site, account) if account else None


def commit(context: Context, repository: Repository, row: Commit) -> dict[str, Any]:
    """A commit as the commits API lists it."""
    url, page = context.site.rest(repository), context.site.page(repository)
    return {
        "url": f"{url}/commits/{row.sha}",
        "sha": row.sha,
        "node_id": f"C_kw{row.sha}",
        "html_url": f"{page}/commit/{row.sha}",
        "comments_url": f"{url}/commits/{row.sha}/comments",
        "commit": {
            "url": f"{url}/git/commits/{row.sha}",
            "author": _signed(row.author),
            "committer": _signed(row.committer),
            "message": row.message,
            "comment_count": 0,
            "tree": {"sha": row.tree, "url": f"{url}/git/trees/{row.tree}"},
            "verification": _UNSIGNED,
        },
        "author": _user(context, row.author),
        "committer": _user(context, row.committer),
        "parents": [
            {"sha": sha, "url": f"{url}/commits/{sha}", "html_url": f"{page}/commit/{sha}"}
            for sha in row.parents
        ],
    }


def full_commit(context: Context, repository: Repository, row: Commit) -> dict[str, Any]:
    """A commit with its changed files."""
    files = context.git(repository).changes_of(row)
    added, removed = sum(f.additions for f in files), sum(f.deletions for f in files)
    return {
        **commit(context, repository, row),
        "stats": {"total": added + removed, "additions": added, "deletions": removed},
        "files": [diff_entry(context, repository, row.sha, file) for file in files],
    }


def git_commit(context: Context, repository: Repository, row: Commit) -> dict[str, Any]:
    """A commit as the Git database API shows it."""
    url, page = context.site.rest(repository), context.site.page(repository)
    return {
        "sha": row.sha,
        "node_id": f"C_kw{row.sha}",
        "url": f"{url}/git/commits/{row.sha}",
        "html_url": f"{page}/commit/{row.sha}",
        "author": _signed(row.author),
        "committer": _signed(row.committer),
        "message": row.message,
        "tree": {"sha": row.tree, "url": f"{url}/git/trees/{row.tree}"},
        "parents": [
            {"sha": sha, "url": f"{url}/git/commits/{sha}", "html_url": f"{page}/commit/{sha}"}
            for sha in row.parents
        ],
        "verification": _UNSIGNED,
    }


def git_ref(
    context: Context, repository: Repository, name: str, sha: str, kind: str
) -> dict[str, Any]:
    """A ref; `kind` is the type of the object it names."""
    url = context.site.rest(repository)
    return {
        "ref": name,
        "node_id": node_id("REF", int(sha[:12], 16)),
        "url": f"{url}/git/{quote(name)}",
        "object": {"sha": sha, "type": kind, "url": f"{url}/git/{kind}s/{sha}"},
    }


def diff_entry(
    context: Context, repository: Repository, head: str, file: FileDiff
) -> dict[str, Any]:
    """A changed file."""
    url, page, path = context.site.rest(repository), context.site.page(repository), quote(file.path)
    shown: dict[str, Any] = {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{page}/blob/{head}/{path}",
        "raw_url": f"{page}/raw/{head}/{path}",
        "contents_url": f"{url}/contents/{path}?ref={head}",
    }
    if file.patch is not None:
        shown["patch"] = file.patch
    if file.previous:
        shown["previous_filename"] = file.previous
    return shown
