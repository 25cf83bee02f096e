"""Curl commands as steps: the step sends what curl would send, byte for byte, or the command is refused with the reason."""
