"""The REST API in the layout of GitHub Enterprise Server.

Routes, what each needs, and what it answers.
"""
