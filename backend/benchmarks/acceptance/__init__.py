"""The paper exchange before programs that nobody here wrote."""
