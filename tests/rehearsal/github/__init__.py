"""Tests of the stand-in GitHub, over real HTTP and with real git."""
