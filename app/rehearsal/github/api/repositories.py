"""A repository, its branches, its commits and what lies between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.rehearsal.github import refusals
from app.rehearsal.github.acts.refs import is_protected
from app.rehearsal.github.api.call import Reply, page_of, paged
from app.rehearsal.github.api.routes import Route, reads, writes
from app.rehearsal.github.git.plumbing import GitError
from app.rehearsal.github.views.commits import commit as commit_view
from app.rehearsal.github.views.commits import diff_entry, full_commit
from app.rehearsal.github.views.repositories import full_repository

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Call
    from app.rehearsal.github.git.commits import Commit

COMMITS = "https://docs.github.com/rest/commits/commits"
BRANCHES = "https://docs.github.com/rest/branches/branches"
# A comparison holds at most 250 commits and 300 files (compare-two-commits on the page above).
MOST_COMMITS = 250
MOST_FILES = 300


def get_repository(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}."""
    return Reply(200, full_repository(call.context, call.repository))


def update_repository(call: Call) -> Reply:
    """PATCH /repos/{owner}/{repo}: description, visibility and default branch."""
    row, body = call.repository, call.body
    if body.has("description"):
        row.description = body.optional_text("description")
    row.private = body.flag("private", default=row.private)
    if branch := body.optional_text("default_branch"):
        if call.git.ref(f"refs/heads/{branch}") is None:
            raise refusals.custom(
                "Repository", f"The branch {branch} was not found. Please push that ref first."
            )
        row.default_branch = branch
    row.updated_at = call.context.time
    return Reply(200, full_repository(call.context, row))


def list_branches(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/branches."""
    rest = call.context.site.rest(call.repository)

    def view(row: tuple[str, str]) -> dict[str, Any]:
        name = row[0].removeprefix("refs/heads/")
        return {
            "name": name,
            "commit": {"sha": row[1], "url": f"{rest}/commits/{row[1]}"},
            "protected": is_protected(call.context, call.repository, name),
        }

    return paged(call, list(call.git.refs().items()), view)


def get_branch(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/branches/{branch}."""
    name, context = call.path["branch"], call.context
    sha = call.git.ref(f"refs/heads/{name}")
    found = call.git.commit(sha) if sha else None
    if found is None:
        raise refusals.RefusedError(
            404, "Branch not found", documentation=f"{BRANCHES}#get-a-branch"
        )
    rest, page = context.site.rest(call.repository), context.site.page(call.repository)
    protected = is_protected(context, call.repository, name)
    shown = {
        "name": name,
        "commit": commit_view(context, call.repository, found),
        "_links": {"self": f"{rest}/branches/{name}", "html": f"{page}/tree/{name}"},
        "protected": protected,
        "protection": {"enabled": protected},
        "protection_url": f"{rest}/branches/{name}/protection",
    }
    return Reply(200, shown)


def list_commits(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/commits."""
    start = call.query.get("sha") or call.repository.default_branch
    sha = call.git.resolve(start)
    if sha is None:
        raise refusals.not_found(f"{COMMITS}#list-commits")
    options = [
        f"--{name}={call.query[name]}"
        for name in ("since", "until", "author")
        if call.query.get(name)
    ]
    paths = ["--", call.query["path"]] if call.query.get("path") else ["--"]
    page, size = page_of(call)
    total = call.git.count(*options, sha, *paths)
    found = call.git.log(
        *options, f"--skip={(page - 1) * size}", f"--max-count={size}", sha, *paths
    )
    shown = [commit_view(call.context, call.repository, row) for row in found]
    return Reply(200, shown, pages=(page, max(1, -(-total // size))))


def find_commit(call: Call, wanted: str) -> Commit:
    """Find a commit by branch, tag or id.

    Raises:
        RefusedError: 422 when there is none, in GitHub's words.
    """
    sha = call.git.resolve(wanted)
    found = call.git.commit(sha) if sha else None
    if found is None:
        raise refusals.RefusedError(
            422, f"No commit found for SHA: {wanted}", documentation=f"{COMMITS}#get-a-commit"
        )
    return found


def get_commit(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/commits/{ref}."""
    return Reply(
        200, full_commit(call.context, call.repository, find_commit(call, call.path["ref"]))
    )


def compare(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/compare/{base}...{head}."""
    first, found, second = call.path["basehead"].partition("...")
    git, context, repository = call.git, call.context, call.repository
    base = git.resolve(first.rpartition(":")[2])
    head = git.resolve(second.rpartition(":")[2])
    meeting = git.merge_base(base, head) if base and head else None
    if not (found and base and head and meeting):
        raise refusals.not_found(f"{COMMITS}#compare-two-commits")
    ahead, behind = git.count(head, f"^{base}"), git.count(base, f"^{head}")
    url, page = (
        f"{context.site.rest(repository)}/compare",
        f"{context.site.page(repository)}/compare",
    )
    commits, pages = _between(call, base, head, ahead)
    # Files come with the first page alone.
    files = [] if pages and pages[0] > 1 else git.diff(meeting, head)[:MOST_FILES]
    shown = {
        "url": f"{url}/{first}...{second}",
        "html_url": f"{page}/{first}...{second}",
        "permalink_url": f"{page}/{base[:12]}...{head[:12]}",
        "diff_url": f"{page}/{first}...{second}.diff",
        "patch_url": f"{page}/{first}...{second}.patch",
        "base_commit": _commit(call, base),
        "merge_base_commit": _commit(call, meeting),
        "status": _status(ahead, behind),
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [commit_view(context, repository, row) for row in commits],
        "files": [diff_entry(context, repository, head, file) for file in files],
    }
    return Reply(200, shown, pages=pages)


def _between(
    call: Call, base: str, head: str, total: int
) -> tuple[list[Commit], tuple[int, int] | None]:
    """Return the commits of a comparison, oldest first, and which page of how many they are.

    Who asks for no page gets the newest.
    """
    between = (head, f"^{base}", "--")
    if not {"page", "per_page"} & call.query.keys():
        return list(reversed(call.git.log(f"--max-count={MOST_COMMITS}", *between))), None
    page, size = page_of(call)
    behind = (page - 1) * size
    skipped = max(0, total - behind - size)
    most = min(size, max(0, total - behind))
    found = call.git.log(f"--skip={skipped}", f"--max-count={most}", *between)
    return list(reversed(found)), (page, max(1, -(-total // size)))


def _status(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    if ahead or behind:
        return "ahead" if ahead else "behind"
    return "identical"


def _commit(call: Call, sha: str) -> dict[str, Any]:
    return commit_view(call.context, call.repository, find_commit(call, sha))


def guarded_log(call: Call) -> Reply:
    """List commits, and answer a revision that git cannot read as a fault of the request."""
    try:
        return list_commits(call)
    except GitError as error:
        raise refusals.unprocessable(f"Invalid request: {str(error)[:200]}") from error


_READ = reads("contents", documentation=COMMITS)
ROUTES = (
    Route("GET", "/repos/{owner}/{repo}", get_repository, reads()),
    Route(
        "PATCH", "/repos/{owner}/{repo}", update_repository, writes("administration", role="admin")
    ),
    Route("GET", "/repos/{owner}/{repo}/branches", list_branches, _READ),
    Route("GET", "/repos/{owner}/{repo}/branches/{branch:path}", get_branch, _READ),
    Route("GET", "/repos/{owner}/{repo}/commits", guarded_log, _READ),
    Route("GET", "/repos/{owner}/{repo}/commits/{ref:path}", get_commit, _READ),
    Route("GET", "/repos/{owner}/{repo}/compare/{basehead:path}", compare, _READ),
)
