"""The inside: what must be true. No I/O, no clock, no random."""
