"""The named APIs: declared once, asked over HTTP (and from sequences and the command line) through one dispatcher."""
