"""Validators of artifacts."""
