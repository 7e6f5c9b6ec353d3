"""Bytes instead of floats: how a graph is quantised, and what it then answers."""
