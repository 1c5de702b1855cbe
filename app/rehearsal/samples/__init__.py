"""Repositories, issues and scripts to rehearse on, as data; not the fixture of any one test."""

from app.rehearsal.samples.catalogue import SAMPLES, Sample
from app.rehearsal.samples.history import BuildError
from app.rehearsal.samples.repository import build

__all__ = ["SAMPLES", "BuildError", "Sample", "build"]
