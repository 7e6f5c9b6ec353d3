"""Speed of fmnistrt and of other runtimes, with the same models."""
