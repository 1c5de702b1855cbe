"""Installing what a repository depends on, caged, once for each set of lock files."""
