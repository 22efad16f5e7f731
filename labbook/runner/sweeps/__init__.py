"""Runs sweeps: one supervisor for each, which hands points to an executor.

Importing this package imports nothing. `launch` starts and resumes, `supervisor` is the
process, `supervision` its loop, `recording` its way into the notebook, `reconcile` ends a
sweep that nobody looks after, `follow` watches one from outside.
"""
