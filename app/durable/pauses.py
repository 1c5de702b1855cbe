"""How long what failed waits before it is tried again. Not what is tried."""

# What fails waits so long at first, then twice as long each time.
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


def patience(pause: float, failures: int, longest: float) -> float:
    """Return for how many seconds that waits which has failed so often in turn.

    What fails by itself, or with all of GitHub, is not helped by being asked more.
    """
    return min(pause * 2.0 ** min(failures, 16), longest)
