"""Faults of GitHub, made on the wire: which call is struck, and what it meets. Off unless asked."""
