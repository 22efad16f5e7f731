"""Whole numbers as bits: for an index without a law, and by its law."""
