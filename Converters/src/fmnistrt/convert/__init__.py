"""Freezes trained checkpoints into .fmg files."""
