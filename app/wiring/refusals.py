"""What keeps the service from starting, apart from whatever room found it."""


class StartError(Exception):
    """The service cannot start; the message says what is wrong and what to do."""
