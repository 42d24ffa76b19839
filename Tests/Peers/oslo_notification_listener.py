"""A real oslo.messaging notification listener.

Prints `READY` once it consumes, then one JSON object a line for every notification. Ends on SIGTERM.
"""

import argparse
import json
import logging
import signal
import sys
import threading
import warnings

warnings.simplefilter("ignore")

import oslo_messaging  # noqa: E402
from oslo_config import cfg  # noqa: E402

import consuming  # noqa: E402

PRIORITIES = ["audit", "debug", "info", "warn", "error", "critical", "sample"]


class Endpoint:
    """Notes what it is told; has a method for each of the priorities, which is how the library knows what to consume."""

    def __init__(self, priorities, requeues):
        self.lock = threading.Lock()
        self.requeues = requeues
        self.seen = set()
        for priority in priorities:
            setattr(self, priority, lambda *told, priority=priority: self.note(priority, *told))

    def note(self, priority, context, publisher_id, event_type, payload, metadata):
        again = self.requeues and metadata["message_id"] not in self.seen
        line = json.dumps({
            "priority": priority,
            "context": context,
            "publisher_id": publisher_id,
            "event_type": event_type,
            "payload": payload,
            "message_id": metadata["message_id"],
            "timestamp": str(metadata["timestamp"]),
            "requeued": again,
        })
        with self.lock:
            self.seen.add(metadata["message_id"])
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        return oslo_messaging.NotificationResult.REQUEUE if again else oslo_messaging.NotificationResult.HANDLED


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--topic", required=True, action="append")
    parser.add_argument("--priority", action="append", choices=PRIORITIES)
    parser.add_argument("--exchange", default="openstack")
    parser.add_argument("--pool")
    parser.add_argument("--requeue", action="store_true", help="gives every notification back once")
    return parser.parse_args()


def main():
    options = parse()
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    configuration = cfg.ConfigOpts()
    configuration([], project="peer")
    transport = oslo_messaging.get_notification_transport(configuration, url=options.url)
    configuration.set_override("control_exchange", options.exchange)
    listener = oslo_messaging.get_notification_listener(
        transport,
        [oslo_messaging.Target(topic=topic, exchange=options.exchange) for topic in options.topic],
        [Endpoint(options.priority or PRIORITIES, options.requeue)],
        executor="threading",
        allow_requeue=options.requeue,
        pool=options.pool,
    )
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    listener.start()
    consuming.wait_until_consuming(listener)
    print("READY", flush=True)
    end.wait()
    listener.stop()
    listener.wait()


if __name__ == "__main__":
    main()
