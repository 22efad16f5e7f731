"""The notebook's database: the only place that knows SQL.

Importing this package imports nothing: `labbook.store.capture` must stay light. Functions
take the notebook first and return the records of `labbook.model`.
"""
