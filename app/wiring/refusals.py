"""What keeps the service from starting, apart from whatever room found it."""


class StartError(Exception):
    """The service cannot start; the message says what is wrong and what to do."""


class AwayError(StartError):
    """The service could start if something outside answered: it is waited for."""
