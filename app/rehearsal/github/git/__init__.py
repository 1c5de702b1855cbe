"""Git as the stand-in uses it.

Bare repositories through plumbing commands, and `git http-backend` for clients.
"""
