"""Turns curl commands into steps that send what curl would send, byte for byte, or refuses them with the reason."""
