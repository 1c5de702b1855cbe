"""Checkouts that agents work in. The only home of git and bubblewrap."""
