"""Waiting for something to become true, with an end."""

import time


def until(condition, seconds=10, every=0.02, what=None):
    """Returns the first true value of condition(), or fails the test after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        time.sleep(every)
