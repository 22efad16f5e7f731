"""A research notebook and experiment journal for the terminal.

Importing `labbook` imports nothing else: its public names load on first use.
"""

__version__ = "0.1.0"
