"""What can be done, and by whom: the one place that asks for rights. API, page and command line are thin faces on it.

A function takes the service, then `by`, the acting person, then plain data; it gives back what the rooms give, and
raises named errors, which each face puts into its own words.
"""
