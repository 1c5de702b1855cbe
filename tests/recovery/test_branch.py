"""What a branch with merges vouches for, read from the stand-in's real git."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from app.github.branch_history import pushed
from app.github.connection import GitHubConnection
from app.github.rebuilding import rebuilt
from app.github.seal import SealError, TrackerSeal
from phases.core.machine import RunState
from phases.core.model import Base, Places, Run
from phases.core.record import Performed, Record
from tests.app.github.standin import StandIn
from tests.recovery.test_seal import opened, record, seal, works_of

__all__ = ["record", "seal"]


@dataclass
class Branch:
    """A repository whose history a test makes, commit by commit; nobody's clock is right."""

    github: StandIn
    connection: GitHubConnection
    tree: str
    name: str
    made: list[str] = field(default_factory=list)

    async def commit(self, message: str, *parents: str) -> str:
        """Make a commit that was made long ago, by what its date says."""
        date = f"2020-01-01T00:{59 - len(self.made):02}:00Z"
        who = {"name": "Someone", "email": "someone@example.invalid", "date": date}
        body = {"message": message, "tree": self.tree, "parents": list(parents), "author": who}
        answer = await self.github.act("maintainer", "POST", "/git/commits", body)
        self.made.append(answer["sha"])
        return self.made[-1]

    async def stand(self, sha: str) -> None:
        """Let the run's branch stand at a commit."""
        body = {"ref": f"refs/heads/{self.name}", "sha": sha}
        await self.github.act("maintainer", "POST", "/git/refs", body)

    def run(self, record: Record, base: str) -> Run:
        """Return the record's run as one of this repository that is under way."""
        return replace(
            record.run,
            repository=self.github.repository,
            base=Base(base, "main", Places()),
            branch=self.name,
            state=RunState.RUNNING,
        )

    async def works(self, record: Record, base: str) -> Record:
        """Make the commits of a run one upon the other, and return its record with them."""
        run = self.run(record, base)
        parent = await self.commit("chore: open", base)
        real: dict[str, Performed] = {}
        for work, commit in record.commits:
            message = f"feat: x\n\nPhaseline-Work: {run.id}/{work.name}"
            parent = await self.commit(message, parent)
            real[str(work.name)] = replace(work, commit=replace(commit, sha=parent))
        works = tuple(real.get(str(work.name), work) for work in record.works)
        return replace(record, run=replace(run, head=parent), works=works)

    async def read_back(self, record: Record, seal: TrackerSeal) -> Record:
        """Put the run together again."""
        history = await pushed(self.connection.clients, record.run)
        return rebuilt(opened(seal, record, seal.block(record)), works_of(seal, record), history)


@pytest.fixture
async def branch(tmp_path: Path, github: StandIn, connection: GitHubConnection) -> Branch:
    begun = await github.act("maintainer", "GET", f"/git/commits/{await github.base()}")
    return Branch(github, connection, begun["tree"]["sha"], f"phaseline/3-{tmp_path.name}")


async def moved_base(it: Branch) -> tuple[str, str]:
    """Return where a run begins, and where its base stands later: with a merge of older work."""
    root = await it.github.base()
    base = await it.commit("feat: where the run begins", root)
    older = await it.commit("feat: begun before the run", root)
    return base, await it.commit("Merge older work", base, older)


@pytest.mark.parametrize("ours", ["first", "second"])
async def test_a_run_whose_branch_people_merged_with_its_base_is_read_back(
    branch: Branch, record: Record, seal: TrackerSeal, ours: str
) -> None:
    """GitHub's button leaves our line the first parent; who merges us into `main` the second."""
    base, later = await moved_base(branch)
    record = await branch.works(record, base)
    head = record.run.head or ""
    parents = (head, later) if ours == "first" else (later, head)
    merge = await branch.commit("Merge", *parents)
    top = await branch.commit("fix: on top", merge)
    await branch.stand(top)

    again = await branch.read_back(record, seal)
    adopted = replace(record, run=replace(record.run, head=top))
    gone_on = await branch.read_back(adopted, seal)

    assert [(w.name, c.sha) for w, c in again.commits] == [
        (w.name, c.sha) for w, c in record.commits
    ]
    assert again.run.head == head
    assert gone_on.run.head == top


async def test_a_head_that_lies_behind_a_merge_is_brought_up_to_the_last_work(
    branch: Branch, record: Record, seal: TrackerSeal
) -> None:
    """The tracker was written before the work that follows the merge."""
    base, later = await moved_base(branch)
    record = await branch.works(record, base)
    before = record.run.head or ""
    merge = await branch.commit("Merge", later, before)
    (last, commit) = record.commits[-1]
    message = f"feat: y\n\nPhaseline-Work: {record.run.id}/{last.name}"
    sha = await branch.commit(message, merge)
    works = tuple(
        replace(work, commit=replace(commit, sha=sha)) if work.name == last.name else work
        for work in record.works
    )
    await branch.stand(sha)

    again = await branch.read_back(replace(record, works=works), seal)

    assert again.run.head == sha


async def test_work_that_is_in_the_base_branch_alone_is_not_on_the_branch(
    branch: Branch, record: Record, seal: TrackerSeal
) -> None:
    record = await branch.works(record, await branch.github.base())
    top = await branch.commit("feat: something else", await branch.github.base())
    await branch.stand(top)

    with pytest.raises(SealError, match="does not hold the commit of"):
        await branch.read_back(record, seal)


@pytest.mark.parametrize(("base", "stands"), [("0" * 40, True), (None, False)])
async def test_a_branch_that_is_gone_or_leads_elsewhere_is_said_so(
    branch: Branch, record: Record, base: str | None, stands: bool
) -> None:
    begun = await branch.github.base()
    run = branch.run(record, base or begun)
    if stands:
        await branch.stand(begun)

    with pytest.raises(SealError, match="does not lead back" if stands else "is not there"):
        await pushed(branch.connection.clients, run)
