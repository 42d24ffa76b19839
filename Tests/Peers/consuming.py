# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""When a server of oslo.messaging consumes."""

import faulthandler
import time


def wait_until_consuming(server, seconds=30):
    """Waits for the thread to which `server.start()` leaves the consuming; on a busy machine it may be late."""
    connection = server.listener._poll_style_listener.conn.connection
    end = time.monotonic() + seconds
    # What is declared and not consumed yet.
    while connection._new_tags:
        if time.monotonic() > end:
            faulthandler.dump_traceback()
            raise TimeoutError(f"nothing is consumed after {seconds} s")
        time.sleep(0.005)
