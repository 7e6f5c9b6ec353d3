"""Freezes trained checkpoints into .fmg files."""

VERSION = "0.1.0"
"""What the metadata key `converter` says; a test holds it to pyproject.toml."""
