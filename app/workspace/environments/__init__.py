"""Preparing the dependencies of a repository, once per lock file."""
