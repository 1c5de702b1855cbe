"""The words of the pipeline, as types and pure functions."""
