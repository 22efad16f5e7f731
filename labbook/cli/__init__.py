"""The command line: thin commands over the desk. stdout is data, stderr is talk."""
