"""GitHub as the service reaches it. The only home of githubkit."""
