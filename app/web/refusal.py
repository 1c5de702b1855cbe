"""How a request is refused: a status and a sentence for the sender. Not for errors of our own."""


class RefusedRequestError(Exception):
    """The request is at fault; `status` is what HTTP answers, the message says what to change."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
