"""Reading the team from its files."""
