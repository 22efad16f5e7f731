"""Families of distributions: density, quantile and tails of each."""
