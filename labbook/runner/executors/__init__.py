"""Where the points of a sweep are computed: on this machine, or on the workers of a cluster.

Importing this package imports nothing. `interface` says what each executor does, `choose`
makes one; `worker` is the process that computes points, one after another, and `warm` is how
the one that started it holds it.
"""
