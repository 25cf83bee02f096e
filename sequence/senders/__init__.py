"""The three senders: live, mock and replay; `base` is what the engine asks of each."""
