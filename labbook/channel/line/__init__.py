"""Densities on the line: targets, exact laws, and coders of their own."""
