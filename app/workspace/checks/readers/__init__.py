"""Readers of what quality tools print, one module per format."""
