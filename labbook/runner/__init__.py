"""Runs experiments: the supervisor, the worker, and what makes their end true.

Importing this package imports nothing. The modules here fall into four groups:

- both sides: `directory` (the protocol between them), `order`, `identity`;
- the worker's side, which never sees the notebook: `worker`, `recorder`, `decimate`;
- a command's: `commands` starts it, `shim` and `shim_files` keep it, `kept`, `usage`,
  `command_stopping`, `command_supervision` and `retry` are its supervisor's, `adoption` finds it
  another one, `live` follows it from outside;
- the notebook's side: `launch`, `supervisor` and `supervision`, `process`, `provenance`,
  `git`, `events`, `paste`, `reconcile`, `cancel`, `follow`, `log`.
"""
