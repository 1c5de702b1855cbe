"""Whose a path is: the developer of the side that holds it, the test-writer for tests."""

from phases.core.agent import matches_any
from phases.core.model import Places

FIXERS = ("backend-developer", "frontend-developer", "test-writer")


def owner_of(path: str, places: Places | None) -> str:
    """Return the agent that mends a file; what lies nowhere in particular is the back end's."""
    if places is None:
        return "backend-developer"
    if places.tests and matches_any(places.tests, [path]):
        return "test-writer"
    if places.frontend and matches_any(places.frontend, [path]):
        return "frontend-developer"
    if not places.backend and places.frontend:
        return "frontend-developer"
    return "backend-developer"
