"""Reads request bodies within limits before a thread is used, then calls the application."""
