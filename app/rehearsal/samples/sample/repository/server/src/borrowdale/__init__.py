"""The lending shelf of our street."""
