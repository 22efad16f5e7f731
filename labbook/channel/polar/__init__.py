"""Polar simulation: blocks of bits without a search."""
