"""People: masters, their tokens and roles, their aliases, what is active for them, their public keys."""
