"""What the tests stand on: a real service in processes of its own, and a clock that tests move."""
