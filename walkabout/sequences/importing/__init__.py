"""Makes sequences of what other tools have written: Postman collections, Hurl files, HTTP archives."""
