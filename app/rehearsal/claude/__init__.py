"""The scripted Claude: a Messages API that plays a script."""
