"""The web process: HTTP in, HTTP out. What is asked goes to the dispatcher as plain data."""
