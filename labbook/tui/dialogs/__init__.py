"""What opens over a page, answers one question, and goes."""
