"""The REST API in the layout of GitHub Enterprise Server: routes, what each needs, and what it answers."""
