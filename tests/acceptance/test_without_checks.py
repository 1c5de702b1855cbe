"""An App without the permission Checks loses its check runs, and nothing else."""

from collections.abc import Iterator

import httpx2
import pytest

from app.github.registration import PERMISSIONS, SUBSCRIPTIONS
from app.rehearsal.samples import SAMPLES
from tests.world import World


def give(world: World, permissions: dict[str, str]) -> None:
    """Set the App's permissions on its page, as its owner does; installations follow at once."""
    form = {f"permission-{name}": level for name, level in permissions.items()}
    answer = httpx2.post(
        f"{world.url('github')}/settings/apps/phaseline/permissions",
        data=form | {"events": [event.name for event in SUBSCRIPTIONS]},
        headers={"Origin": world.url("github")},
        trust_env=False,
    )
    assert answer.status_code == 303, answer.text


@pytest.fixture
def world_without_checks(shared_world: World) -> Iterator[World]:
    all_of_them = {one.name: one.level for one in PERMISSIONS}
    give(shared_world, {k: v for k, v in all_of_them.items() if k != "checks"})
    # A token that the service holds keeps what it was minted with.
    shared_world.kill_the_service()
    shared_world.serve()
    try:
        yield shared_world
    finally:
        give(shared_world, all_of_them)


def test_a_run_turns_ready_and_has_no_check_run(
    world_without_checks: World,
) -> None:
    world_without_checks.play(SAMPLES["pocket"].script)
    story = world_without_checks.label_issue()

    story.run_until("ready")

    pull = story.pull_request()
    person = world_without_checks.person("maintainer")
    checks = person.get(f"commits/{pull['head']['sha']}/check-runs").json()
    assert checks["total_count"] == 0
    assert not pull["draft"]
    assert any(key.startswith("receipts/") for key in story.posted(pull["number"]))
    assert "🟢 ready for review" in story.tracker()
