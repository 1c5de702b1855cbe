"""The stand-in GitHub: a process that shares no code with the service."""
