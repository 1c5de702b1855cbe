"""Reading the team: our own agents, skills and rules from files, a repository's own from texts.

What a team is stands in `phases.core.agent`; this room only reads, and refuses by name.
"""

from app.roster.builtin import read_roster
from app.roster.errors import RosterError
from app.roster.repository import DEFINITIONS, Joined, join_repository

__all__ = ["DEFINITIONS", "Joined", "RosterError", "join_repository", "read_roster"]
