"""The models the scripted Claude answers for, as the Models API lists them, without prices."""

from dataclasses import dataclass
from typing import Any

CONTEXT_WINDOW = 1_000_000
MOST_OUTPUT = 128_000


@dataclass(frozen=True)
class Model:
    """One model of the catalog; `created_at` is RFC 3339."""

    id: str
    display_name: str
    line: str
    created_at: str

    def body(self) -> dict[str, Any]:
        """Return the model as `GET /v1/models/{id}` gives it."""
        return {
            "type": "model",
            "id": self.id,
            "display_name": f"{self.display_name} (scripted)",
            "created_at": self.created_at,
            "line": self.line,
            "lifecycle": "active",
            "deprecated_at": None,
            "retires_at": None,
            "max_input_tokens": CONTEXT_WINDOW,
            "max_tokens": MOST_OUTPUT,
            "capabilities": None,
        }


MODELS = (
    Model("claude-opus-5-5", "Claude Opus 5.5", "opus", "2026-09-22T00:00:00Z"),
    Model("claude-sonnet-5-5", "Claude Sonnet 5.5", "sonnet", "2026-09-22T00:00:00Z"),
    Model("claude-haiku-5-5", "Claude Haiku 5.5", "haiku", "2026-09-22T00:00:00Z"),
)


def find_model(model_id: str) -> Model | None:
    """Return the model called `model_id`, or None."""
    return next((model for model in MODELS if model.id == model_id), None)
