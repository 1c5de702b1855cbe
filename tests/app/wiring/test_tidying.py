"""Whose prepared dependencies are taken away with a repository that has gone."""

from pathlib import Path

from app.settings import Settings
from app.wiring.tidying import belongings_of
from tests.app.store.test_retention import prepared
from tests.app.wiring.test_model import settings


def of_gone_repositories(given: Settings) -> list[int]:
    return [number for kept in belongings_of(given) for number in kept.repositories()]


def test_dependencies_go_with_their_repository_unless_other_services_may_use_them(
    tmp_path: Path,
) -> None:
    prepared(tmp_path, 7)
    own = settings(tmp_path, data_dir=tmp_path)

    shared = own.model_copy(update={"environments_dir": tmp_path / "environments"})

    assert (of_gone_repositories(own), of_gone_repositories(shared)) == ([7], [])
