"""Exact laws of the index, and of what is decoded."""
