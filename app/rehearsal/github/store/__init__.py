"""The tables of the stand-in: one SQLite file holds everything but the git objects."""
