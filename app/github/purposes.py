"""What a token is for, and the least permissions that this takes.

`metadata: read` comes with every installation token and is asked for only where nothing else is.
None of them may touch workflows.
"""

from enum import Enum


class Purpose(Enum):
    """One kind of work, as the permissions of its token."""

    # Also for what is asked of no repository: which there are, and who our own bot is.
    PEOPLE = (("metadata", "read"),)
    READ = (("issues", "read"), ("pull_requests", "read"))
    CONVERSE = (("issues", "write"), ("pull_requests", "write"))
    # Moving a draft to ready is reported to need contents as well.
    PROPOSE = (("contents", "write"), ("pull_requests", "write"))
    CHECK = (("checks", "write"),)
    FETCH = (("contents", "read"), ("metadata", "read"))
    PUSH = (("contents", "write"), ("metadata", "read"))
