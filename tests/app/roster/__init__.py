"""Reading the team."""
