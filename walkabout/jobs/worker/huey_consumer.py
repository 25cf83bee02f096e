"""Huey's own program for consumers: `python -m walkabout.jobs.worker.huey_consumer tasks.huey ...`.

Started through this package, so that Huey is imported after spared_drivers.py has begun.
"""

from huey.bin.huey_consumer import consumer_main

if __name__ == "__main__":
    consumer_main()
