"""The scripted Claude: a Messages API that plays a script. It is no model and decides nothing."""
