"""A stand-in for GitHub, as a process of its own.

Its API, its git and its pages over one SQLite file and bare repositories.

It is not a fake inside the service's process: the service meets it over sockets, as it meets
GitHub.
"""
