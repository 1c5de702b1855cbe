"""From the label to the pull request that is ready."""

from tests.world import World


def test_a_label_becomes_a_pull_request_that_is_ready_for_review(shared_world: World) -> None:
    story = shared_world.label_issue()

    story.run_until("ready")

    pull = story.pull_request()
    assert not pull["draft"]
