"""The verbs that both faces call: write, find, launch, review, report, keep.

Importing this package imports nothing; each verb's module loads what it needs when it is
called, because `labbook log` and the app's first frame cannot wait for SQLAlchemy.
"""
