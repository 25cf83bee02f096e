"""The channels by which notices go: one module a channel. To add one, add its kind in addresses.py and in ways.py."""
