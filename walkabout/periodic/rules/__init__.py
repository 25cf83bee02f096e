"""When something fires: pure functions on plain data."""
