"""People: masters with tokens, roles, aliases, active graphs and public keys."""
