"""What can go wrong with the cage itself. A command that fails inside it is a result instead."""


class SandboxError(Exception):
    """The cage could not be built; the message names the cause and what an operator can do."""


class PathError(Exception):
    """A path was refused; the message says which and why, in words that an agent can act on."""
