"""The cage that every tool call and every check runs in."""
