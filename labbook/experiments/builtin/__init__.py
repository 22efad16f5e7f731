"""The experiments that labbook ships, one file each.

A file here imports NumPy, SciPy, `labbook.kl`, `labbook.channel` and `labbook.compute` inside
its function and never at its top: each listing of experiments imports these files, and the
terminal's first frame cannot wait for NumPy.
"""
