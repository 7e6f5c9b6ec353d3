"""Classify 28x28 pictures of clothing with libfmnistrt."""
