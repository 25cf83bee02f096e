"""What looking for a job's leftovers costs, which a worker does after each job."""

import timeit

from walkabout.jobs.worker.leftovers import Leftovers

TIMES, ROUNDS = 20_000, 5


def main() -> None:
    """The best of some rounds."""
    leftovers = Leftovers()
    took_s = min(timeit.repeat(leftovers.found, number=TIMES, repeat=ROUNDS)) / TIMES
    print(f"{took_s * 1e6:.1f} microseconds a job")


if __name__ == "__main__":
    main()
