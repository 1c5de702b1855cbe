"""What can stop a demo, said so that the reader knows what to do. Nothing is mended here."""


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""
