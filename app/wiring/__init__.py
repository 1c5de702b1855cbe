"""Names every adapter: the one place where the rooms are joined.

`web` and `store` are all that a web process needs; `worker` brings the rest.
"""
