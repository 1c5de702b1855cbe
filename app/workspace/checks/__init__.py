"""Finding, running and reading a repository's quality checks."""
