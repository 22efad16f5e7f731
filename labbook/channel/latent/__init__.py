"""Coding with latent variables: bits-back with ANS, and the two-part code."""
