"""What `phaseline doctor --live` tries on the operator's machine, each tied to a line of a list."""
