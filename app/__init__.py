"""The outside: how the world is reached. Joined only in `app.wiring`."""
