"""The admin page: one module a place, with its routes and the reading of what they ask."""
