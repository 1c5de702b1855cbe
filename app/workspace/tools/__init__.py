"""The tools of an agent, carried out in its cage."""
