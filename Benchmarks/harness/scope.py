# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""A folder and a stack for what a run starts, all ended with it, whatever ends it."""

import contextlib
import pathlib
import signal
import tempfile

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _end(number, _):
    raise SystemExit(128 + number)


def _ignore_signals():
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def end_on_signals():
    """Signals end the program as an exception would."""
    for number in SIGNALS:
        signal.signal(number, _end)


@contextlib.contextmanager
def scope(name):
    """A temporary folder and an exit stack."""
    with contextlib.ExitStack() as outer:
        folder = outer.enter_context(tempfile.TemporaryDirectory(prefix=f"rpc-gateway-{name}-"))
        stack = outer.enter_context(contextlib.ExitStack())
        # Comes first when the stack unwinds: a second Ctrl-C must not leave a broker behind.
        outer.callback(_ignore_signals)
        yield pathlib.Path(folder), stack
