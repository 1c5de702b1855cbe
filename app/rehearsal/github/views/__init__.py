"""Rows as GitHub shows them in JSON: every property that its published schema requires.

Views change nothing.
"""
