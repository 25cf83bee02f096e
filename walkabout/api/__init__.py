"""The named APIs: declared once, called over HTTP, from sequences and from the command line."""
