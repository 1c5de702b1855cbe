"""Pull requests of runs: found by branch, opened as drafts, described, their text kept whole."""

from app.github.answers import PullAnswer, understood
from app.github.capping import shortened
from app.github.client import GitHubApi
from app.github.naming import run_marker
from phases.core.errors import BlockedError
from phases.core.model import PullRequest, Repository, Run

LONGEST_BODY = 65_000
# What our text may have in any case, however much others have written below it.
OUR_ROOM = 30_000


class Pulls:
    """The pull requests of one repository, through one client."""

    def __init__(self, api: GitHubApi, repository: Repository) -> None:
        self._api = api
        self._owner = repository.owner
        self._name = repository.name

    async def of_branch(self, branch: str) -> PullAnswer | None:
        """Return the newest pull request of a branch, open before closed; None without one."""
        answer = await self._api.read(
            lambda rest: rest.pulls.async_list(
                self._owner, self._name, head=f"{self._owner}:{branch}", state="all", per_page=100
            )
        )
        found = [pull for pull in understood(list[PullAnswer], answer) if pull.head.ref == branch]
        return max(found, key=lambda pull: (pull.state == "open", pull.number), default=None)

    async def get(self, number: int) -> PullAnswer:
        """Return one pull request."""
        return understood(
            PullAnswer,
            await self._api.read(
                lambda rest: rest.pulls.async_get(self._owner, self._name, number)
            ),
        )

    async def open(self, *, title: str, body: str, head: str, base: str) -> PullAnswer:
        """Open a draft."""
        return understood(
            PullAnswer,
            await self._api.ensure(
                lambda rest: rest.pulls.async_create(
                    self._owner,
                    self._name,
                    title=title,
                    body=body,
                    head=head,
                    base=base,
                    draft=True,
                )
            ),
        )

    async def edit(self, number: int, *, title: str, body: str) -> None:
        """Set title and body; the same twice is the same."""
        await self._api.ensure(
            lambda rest: rest.pulls.async_update(
                self._owner, self._name, number, title=title, body=body
            )
        )


def full_text(run: Run, ours: str, theirs: str) -> str:
    """Return a pull request's body: our text, the run's marker, and what others keep below it.

    At most 65,000 characters. Ours is cut first: nobody but its writer has theirs.
    """
    marker = run_marker(run)
    room = LONGEST_BODY - len(marker) - 2
    theirs = shortened(theirs.strip(), room - OUR_ROOM - 2)
    room -= len(theirs) + 2 if theirs else 0
    whole = f"{shortened(ours.rstrip(), room)}\n\n{marker}"
    return f"{whole}\n\n{theirs}" if theirs else whole


def text_below(run: Run, body: str | None) -> str:
    """Return what stands below our part of a body: the template, as people have filled it in."""
    return (body or "").partition(run_marker(run))[2].strip()


def refuse_unless_usable(run: Run, pull: PullAnswer) -> None:
    """Accept a pull request as the run's own.

    Raises:
        BlockedError: when it is somebody else's, or no longer open.
    """
    if run_marker(run) not in (pull.body or ""):
        raise BlockedError(
            f"#{pull.number} is open from the branch `{pull.head.ref}` and is not this run's. "
            "Close it or rename its branch."
        )
    if pull.state != "open":
        raise BlockedError(f"The pull request #{pull.number} is {ended(pull)}.")


def ended(pull: PullAnswer) -> str:
    """Return how a pull request that is not open came to its end."""
    return "merged" if pull.merged_at else "closed"


def as_pull_request(pull: PullAnswer) -> PullRequest:
    """Return what the run keeps of a pull request."""
    return PullRequest(pull.number, pull.node_id, pull.html_url, draft=pull.draft)
