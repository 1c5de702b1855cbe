"""What a run awaits of GitHub, against the stand-in over real HTTP."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.github.connection import GitHubConnection
from app.github.forge import GitHubForge
from app.github.identity import identify
from app.github.people import People
from phases.core.errors import BlockedError, DefectError
from phases.core.model import Base, Person, Places, Request, Role, Run
from tests.app.github.parts import a_run
from tests.app.github.standin import TEMPLATE, StandIn

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def forge(connection: GitHubConnection) -> GitHubForge:
    return GitHubForge(connection.clients, label="phaseline")


async def a_new_run(github: StandIn, title: str = "Add due dates", **changes: Any) -> Run:
    issue = await github.issue(title)
    return a_run(
        **{
            "id": f"run-{issue}",
            "repository": github.repository,
            "issue": issue,
            "request": Request(title, "Please.", "reader", (), datetime.now(UTC)),
            "base": Base(await github.base(), "main", Places()),
            "pull_request": None,
            **changes,
        }
    )


async def with_draft(github: StandIn, forge: GitHubForge) -> Run:
    run = await a_new_run(github)
    branch, head, pull = await forge.open_draft(run, "feat: due dates", "Our text.")
    return replace(run, branch=branch, head=head, pull_request=pull)


async def pulls_of(github: StandIn, branch: str) -> list[dict[str, Any]]:
    found = await github.act("maintainer", "GET", f"/pulls?state=all&head=acme:{branch}")
    return list(found)


async def test_a_draft_stands_on_an_empty_commit_of_our_own(
    github: StandIn, forge: GitHubForge
) -> None:
    run = await a_new_run(github, "Add due dates!")

    branch, head, pull = await forge.open_draft(run, "feat: due dates", "Our text.")

    assert run.base is not None
    assert branch == f"phaseline/{run.issue}-add-due-dates"
    assert pull.draft
    commit = await github.act("maintainer", "GET", f"/git/commits/{head}")
    base = await github.act("maintainer", "GET", f"/git/commits/{run.base.sha}")
    assert commit["tree"]["sha"] == base["tree"]["sha"]
    assert [parent["sha"] for parent in commit["parents"]] == [run.base.sha]
    assert f"Phaseline-Run: {run.id}" in commit["message"]
    found = await github.act("maintainer", "GET", f"/pulls/{pull.number}")
    assert (found["title"], found["head"]["sha"], found["base"]["ref"]) == (
        "feat: due dates",
        head,
        "main",
    )
    assert found["html_url"] == pull.url


async def test_the_repositorys_template_stands_below_our_text(
    github: StandIn, forge: GitHubForge
) -> None:
    run = await with_draft(github, forge)

    (pull,) = await pulls_of(github, str(run.branch))
    assert pull["body"] == (f"Our text.\n\n<!-- phaseline:run {run.id} -->\n\n{TEMPLATE.strip()}")


async def test_opening_a_draft_twice_makes_one(github: StandIn, forge: GitHubForge) -> None:
    run = await a_new_run(github)

    first = await forge.open_draft(run, "feat: due dates", "Our text.")
    second = await forge.open_draft(run, "feat: due dates", "Our text.")

    assert first == second
    assert len(await pulls_of(github, first[0])) == 1


async def test_an_opening_that_stopped_at_the_branch_goes_on_from_there(
    github: StandIn, forge: GitHubForge
) -> None:
    run = await a_new_run(github)
    whole = await forge.open_draft(run, "feat: due dates", "Our text.")
    other = await a_new_run(github)
    # The branch of an interrupted opening: our commit, and no pull request yet.
    ref = f"refs/heads/phaseline/{other.issue}-add-due-dates"
    message = f"chore: begin\n\nPhaseline-Run: {other.id}\n"
    head = await _commit(github, message, str(other.base and other.base.sha))
    await github.act("maintainer", "POST", "/git/refs", {"ref": ref, "sha": head})

    branch, found, pull = await forge.open_draft(other, "feat: due dates", "Our text.")

    assert (branch, found) == (ref.removeprefix("refs/heads/"), head)
    assert pull.number != whole[2].number


async def test_two_openings_at_once_make_one_branch(github: StandIn, forge: GitHubForge) -> None:
    run = await a_new_run(github)

    outcomes = await asyncio.gather(
        *(forge.open_draft(run, "feat: due dates", "Our text.") for _ in range(3))
    )

    assert len({(branch, head, pull.number) for branch, head, pull in outcomes}) == 1


async def test_a_branch_that_is_somebody_elses_blocks(github: StandIn, forge: GitHubForge) -> None:
    """Attack 46."""
    run = await a_new_run(github)
    base = await github.base()
    ref = f"refs/heads/phaseline/{run.issue}-add-due-dates"
    await github.act("writer", "POST", "/git/refs", {"ref": ref, "sha": base})

    with pytest.raises(BlockedError, match="exists already"):
        await forge.open_draft(run, "feat: due dates", "Our text.")

    found = await github.act("maintainer", "GET", f"/git/ref/{ref.removeprefix('refs/')}")
    assert found["object"]["sha"] == base


async def test_a_later_run_leaves_the_earlier_branch_alone(
    github: StandIn, forge: GitHubForge
) -> None:
    first = await with_draft(github, forge)
    later = replace(first, id="later", number=2, branch=None, head=None, pull_request=None)

    branch, _, pull = await forge.open_draft(later, "feat: due dates", "Our text.")

    assert branch == f"{first.branch}-2"
    assert first.pull_request is not None
    assert pull.number != first.pull_request.number


async def test_a_draft_that_a_person_closed_blocks(github: StandIn, forge: GitHubForge) -> None:
    run = await with_draft(github, forge)
    assert run.pull_request is not None
    closed = f"/pulls/{run.pull_request.number}"
    await github.act("maintainer", "PATCH", closed, {"state": "closed"})

    with pytest.raises(BlockedError, match="is closed"):
        await forge.open_draft(run, "feat: due dates", "Our text.")
    with pytest.raises(BlockedError, match="is closed"):
        await forge.mark_ready(run)


async def test_describing_keeps_what_people_filled_in_below(
    github: StandIn, forge: GitHubForge
) -> None:
    run = await with_draft(github, forge)
    assert run.pull_request is not None
    path = f"/pulls/{run.pull_request.number}"
    body = (await github.act("maintainer", "GET", path))["body"]
    ticked = body.replace("- [ ]", "- [x]")
    await github.act("maintainer", "PATCH", path, {"body": ticked})

    await forge.describe_pull_request(run, "feat(tasks): due dates", "A better text.")
    await forge.describe_pull_request(run, "feat(tasks): due dates", "A better text.")

    found = await github.act("maintainer", "GET", path)
    assert found["title"] == "feat(tasks): due dates"
    assert found["body"].startswith(f"A better text.\n\n<!-- phaseline:run {run.id} -->")
    assert found["body"].count("- [x] Tested by hand") == 1


async def test_the_flip_makes_a_draft_ready_and_twice_is_once(
    github: StandIn, forge: GitHubForge
) -> None:
    run = await with_draft(github, forge)

    first = await forge.mark_ready(run)
    second = await forge.mark_ready(run)

    assert first == second
    assert not first.draft
    found = await github.act("maintainer", "GET", f"/pulls/{first.number}")
    assert found["draft"] is False


async def test_what_needs_a_pull_request_is_a_defect_without_one(
    github: StandIn, forge: GitHubForge
) -> None:
    run = await a_new_run(github)

    with pytest.raises(DefectError):
        await forge.mark_ready(run)
    with pytest.raises(DefectError):
        await forge.open_draft(replace(run, base=None), "feat: x", "Our text.")


async def test_a_request_is_the_deliverys_text_with_the_comments_before_it(
    github: StandIn, forge: GitHubForge
) -> None:
    """Attacks 16 and 17."""
    issue = await github.issue()
    comments = f"/issues/{issue}/comments"
    await github.act("reader", "POST", comments, {"body": "Said in time."})
    taken = Request("As labelled", "As signed", "reader", (), datetime.now(UTC) + timedelta(1))
    await github.act("reader", "PATCH", f"/issues/{issue}", {"body": "Edited since."})
    early = replace(taken, taken_at=datetime.now(UTC) - timedelta(1))
    run = await a_new_run(github, issue=issue, request=taken)

    frozen = await forge.freeze_request(run)
    nothing = await forge.freeze_request(replace(run, request=early))

    assert (frozen.title, frozen.body, frozen.taken_at) == (
        "As labelled",
        "As signed",
        taken.taken_at,
    )
    assert [(said.author, said.body) for said in frozen.comments] == [("reader", "Said in time.")]
    assert nothing.comments == ()


async def test_a_run_without_a_delivery_takes_the_time_from_the_issues_history(
    github: StandIn, forge: GitHubForge
) -> None:
    run = await a_new_run(github, request=None)
    labels = f"/issues/{run.issue}/labels"
    await github.act("maintainer", "POST", labels, {"labels": ["phaseline"]})

    frozen = await forge.freeze_request(run)

    assert (frozen.title, frozen.body, frozen.author) == ("Add due dates", "Please.", "reader")
    assert abs(frozen.taken_at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("login", "role"),
    [
        ("maintainer", Role.ADMIN),
        ("writer", Role.WRITE),
        ("triager", Role.TRIAGE),
        ("reader", Role.READ),
        ("stranger", Role.NONE),
    ],
)
async def test_a_role_is_what_github_says_now(
    github: StandIn, connection: GitHubConnection, login: str, role: Role
) -> None:
    """Attack 12."""
    people = People(connection.clients)

    assert await people.role(github.repository, github.person(login)) is role


async def test_a_name_that_now_is_another_persons_has_no_role(
    github: StandIn, connection: GitHubConnection
) -> None:
    """Attack 15."""
    people = People(connection.clients)

    recycled = Person(github.person("maintainer").id + 1000, "maintainer")
    unknown = Person(1, "nobody-of-that-name")

    assert await people.role(github.repository, recycled) is Role.NONE
    assert await people.role(github.repository, unknown) is Role.NONE


async def test_the_app_knows_its_bot(github: StandIn, connection: GitHubConnection) -> None:
    found = await identify(connection.clients)

    bot = github.summary["app"]["bot"]
    assert found.name == bot["login"]
    assert found.email == f"{bot['id']}+{bot['login']}@users.noreply.github.com"


async def _commit(github: StandIn, message: str, base: str) -> str:
    tree = (await github.act("maintainer", "GET", f"/git/commits/{base}"))["tree"]["sha"]
    body = {"message": message, "tree": tree, "parents": [base]}
    return str((await github.act("maintainer", "POST", "/git/commits", body))["sha"])
