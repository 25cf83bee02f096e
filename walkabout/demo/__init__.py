"""An installation with believable tasks and runs, for people who want to look: `make demo`."""
