"""Runs experiments: the supervisor, the worker, and what makes their end true.

Importing this package imports nothing. The modules here fall into three groups:

- both sides: `directory` (the protocol between them), `order`, `identity`;
- the worker's side, which never sees the notebook: `worker`, `recorder`, `decimate`;
- the notebook's side: `launch`, `supervisor` and `supervision`, `process`, `provenance`,
  `git`, `events`, `paste`, `reconcile`, `cancel`, `follow`, `log`.
"""
