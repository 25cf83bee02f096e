"""Where processes begin: the web process, the worker process, and the command `walkabout`."""
