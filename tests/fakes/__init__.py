"""Fakes at our own ports, themselves tested."""
