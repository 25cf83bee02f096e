"""The three senders: live, mock and replay. `base` defines what the engine needs from each."""
