"""Draws what the notebook holds: as terminal text, images, Markdown and HTML.

Importing a module of this package loads neither NumPy nor matplotlib nor Jinja2; they come
with the first figure or report that is drawn with them.
"""
