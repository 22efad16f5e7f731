"""What computes, and where its random numbers come from."""

from labbook.compute.backend import Backend, backend
from labbook.compute.random import Stream, generator

__all__ = ["Backend", "Stream", "backend", "generator"]
