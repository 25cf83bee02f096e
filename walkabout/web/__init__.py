"""The web process: turns HTTP requests into plain data for the dispatcher, and its answers into HTTP."""
