"""The admin page: one folder for each part, with its routes and forms."""
