"""What people can do, and the only place that checks their rights. API, page and command line are thin faces on it.

A function takes the service, then `by`, the acting person, then plain data; it gives back what the rooms give, and
raises named errors, which each face puts into its own words.
"""
