"""The server's door for bytes: bodies are read within limits before any thread is held, then the application is asked."""
