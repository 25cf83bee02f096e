"""The names of the cookies that the page sets; over TLS a prefix stands before them (see web/session.py)."""

SESSION_COOKIE = "walkabout"
DEVICE_COOKIE = "walkabout_device"
OUR_COOKIES = (SESSION_COOKIE, DEVICE_COOKIE)
