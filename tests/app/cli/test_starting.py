"""What a service does once it has started."""

import gc

from app.cli.starting import keep_for_good


def test_what_the_start_has_made_is_no_burden_to_the_garbage_collector() -> None:
    held = [[number] for number in range(1000)]

    keep_for_good()

    try:
        assert gc.get_freeze_count() > len(held)
        assert not any(each is held for each in gc.get_objects())
    finally:
        gc.unfreeze()
