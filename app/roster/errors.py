"""What reading the team may raise."""


class RosterError(ValueError):
    """The team cannot be read; `faults` names every file and field that is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.faults = tuple(message.split("\n"))
