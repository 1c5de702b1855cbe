"""`python -m benchmarks.scaling.seed COUNT`: put waiting runs into the service's store.

Each has a request, a specification and three plans on record, posted; its time has not come.
"""

import argparse
import asyncio
from dataclasses import replace
from hashlib import sha256

from app.clock import SystemClock
from app.settings import load
from app.wiring.store import Store
from benchmarks.scaling.material import issue
from phases.core.comments import artifact_comment
from phases.core.events import Labelled
from phases.core.machine import RunState
from phases.core.model import Artifact, Person, Repository, Run, StepOutcome
from phases.core.record import Performed
from phases.core.work import PhaseName, WorkName

REPOSITORIES = 10
WEEK_SECONDS = 7 * 86_400.0
BATCH = 500
WORKS = (
    (PhaseName.INITIALIZATION, "project-manager", "pm-spec.md"),
    (PhaseName.PLANNING, "ui-designer", "design-plan.md"),
    (PhaseName.PLANNING, "architect", "system-plan.md"),
    (PhaseName.PLANNING, "test-writer", "test-plan.md"),
)
TEXT = "A line of a plan of ordinary length, as it is posted.\n" * 80


async def seed(store: Store, clock: SystemClock, count: int) -> None:
    """Put so many waiting runs into the store, with nothing left to be sent."""
    async with store.database:
        await asyncio.gather(*(_wait(store, clock, number) for number in range(count)))
        await _settle(store)
        for run, touched in await store.outbox.unseen():
            await store.outbox.show(run, touched, TEXT)
        await _settle(store)


async def _wait(store: Store, clock: SystemClock, number: int) -> None:
    repository = Repository(
        id=9_000_000 + number % REPOSITORIES,
        owner="acme",
        name=f"waiting-{number % REPOSITORIES:02}",
        installation=1,
        default_branch="main",
    )
    title, body = issue()
    person = Person(id=1, login="maintainer")
    event = Labelled(repository, number + 1, person, True, title, body, person.login, clock.now())
    run = await store.runs.start(None, event, 1)
    run = await store.runs.take(run.id, run.segment)
    for phase in dict.fromkeys(phase for phase, *_ in WORKS):
        await store.records.enter(run, phase)
    for phase, agent, artifact in WORKS:
        await _work(store, clock, run, WorkName(phase, agent, 1, None), artifact)
    await store.runs.stop(run, RunState.WAITING, "It waits for a person.", WEEK_SECONDS, ())


async def _work(store: Store, clock: SystemClock, run: Run, name: WorkName, artifact: str) -> None:
    attempt = await store.records.begin(run, name, artifact)
    performed = Performed(name, artifact, attempt, clock.now(), outcome=StepOutcome.DONE)
    text = f"{TEXT}\n{run.id}\n"
    made = Artifact(artifact, text, sha256(text.encode()).hexdigest())
    performed = replace(performed, artifact=made, ended_at=clock.now(), model="claude-sonnet-5-5")
    await store.records.finish(run, performed, (artifact_comment(performed, ""),))


async def _settle(store: Store) -> None:
    """Note everything in the outbox as standing on GitHub."""
    while items := await store.outbox.due(BATCH):
        await asyncio.gather(
            *(
                store.outbox.sent(item, item.id, None, item.desired.text_sha256, None)
                for item in items
            )
        )


def main() -> None:
    """Seed the store that the environment names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    settings, clock = load(), SystemClock()
    asyncio.run(seed(Store(settings, clock), clock, parser.parse_args().count))


if __name__ == "__main__":
    main()
