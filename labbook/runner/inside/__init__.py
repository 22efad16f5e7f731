"""Recording from inside a program that runs anyway: `labbook.record`.

Importing this package imports nothing. `record` is the door; `trial` is what a script holds;
`session` is the run behind it: one of its own, one that it joins, or none but memory. `spool`
carries lines to the run directory, and `keeping` holds what a process has but once: its
threads, its notebooks, its end. `asked`, `values`, `frames` and `pictures` make records of
whatever a script hands over, by the names of its types: none of those libraries is imported.
"""
