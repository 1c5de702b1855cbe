"""The pages of the stand-in, for people.

Rendered on the server, acting through the same acts as the API.
"""
