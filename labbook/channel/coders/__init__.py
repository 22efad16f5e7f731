"""Coders that name a candidate among shared ones."""
