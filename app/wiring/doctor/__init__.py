"""What `phaseline doctor` looks at, one thing after the other. It mends nothing."""
