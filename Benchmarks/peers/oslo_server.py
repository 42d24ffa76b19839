# Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
# SPDX-License-Identifier: Apache-2.0

"""Serves echo with Python's oslo.messaging until SIGTERM.

oslo_server.py URL TOPIC SERVER
"""

import importlib.metadata
import signal
import sys
import threading
import warnings

warnings.simplefilter("ignore")

import oslo_messaging  # noqa: E402
from oslo_config import cfg  # noqa: E402


class Endpoint:
    def echo(self, context, value=None):
        return value


def main():
    url, topic, server = sys.argv[1:4]
    # The library registers some of its options with this configuration only.
    cfg.CONF([])
    transport = oslo_messaging.get_rpc_transport(cfg.CONF, url=url)
    target = oslo_messaging.Target(topic=topic, server=server)
    serving = oslo_messaging.get_rpc_server(transport, target, [Endpoint()], executor="threading")
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    serving.start()
    print("serving, oslo.messaging", importlib.metadata.version("oslo.messaging"), flush=True)
    end.wait()
    serving.stop()
    serving.wait()


main()
