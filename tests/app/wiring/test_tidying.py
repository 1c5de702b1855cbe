"""Whose prepared dependencies are taken away with a repository that has gone."""

from pathlib import Path

from app.wiring.tidying import shares_environments
from tests.app.wiring.test_model import settings


def test_dependencies_that_other_services_may_use_are_not_taken_for_leftovers(
    tmp_path: Path,
) -> None:
    given = settings(tmp_path, data_dir=tmp_path / "data")
    place = given.data_dir / "environments"

    nothing_yet = shares_environments(given)
    place.mkdir(parents=True)
    own = shares_environments(given)
    place.rmdir()
    place.symlink_to(tmp_path, target_is_directory=True)
    linked = shares_environments(given)
    chosen = shares_environments(given.model_copy(update={"environments_dir": tmp_path}))

    assert (nothing_yet, own, linked, chosen) == (False, False, True, True)
