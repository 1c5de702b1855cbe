"""What people may order in a comment, and an order as it stands on record.

Whether an order is taken in the state that a run is in, intake decides.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from phases.core.model import Person


class Word(StrEnum):
    """The word behind `/phaseline`."""

    HELP = "help"
    STATUS = "status"
    APPROVE = "approve"
    REVISE = "revise"
    RETRY = "retry"
    SKIP = "skip"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    BUDGET = "budget"


@dataclass(frozen=True)
class Commanded:
    """An order that was taken.

    `argument` is what the word needs: the hash of the approved plans, what planners are to answer,
    the agent whose step is waived. `at` is when it was given, by GitHub's
    clock; on record, when it was taken, by the service's.
    """

    word: Word
    argument: str
    by: Person
    at: datetime
