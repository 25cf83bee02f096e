"""The language of sequences: what may be written, checked before anything is sent."""
