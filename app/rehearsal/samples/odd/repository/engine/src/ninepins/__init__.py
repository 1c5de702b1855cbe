"""Score sheets of an alley, and who is ahead."""
