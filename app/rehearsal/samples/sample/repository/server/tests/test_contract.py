from pathlib import Path

from borrowdale import typescript

TYPES = Path(__file__).parents[2] / "web" / "src" / "api" / "types.ts"


def test_the_front_end_has_the_types_of_this_server() -> None:
    assert TYPES.read_text() == typescript.render(), (
        "run: PYTHONPATH=src python -m borrowdale.typescript ../web/src/api/types.ts"
    )
