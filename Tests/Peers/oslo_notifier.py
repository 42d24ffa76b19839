"""A real oslo.messaging notifier that does what it is told, one JSON object a line.

A command: {"priority": "info", "event": "a.b", "payload": ..., "context": {...}, "publisher": "...", "count": 1}. With a
count, that many notifications are sent, their payload being {"number": N}. Says `READY` once it takes commands and
`{"sent": N}` after each command. Ends with its input.
"""

import argparse
import json
import logging
import sys
import warnings

warnings.simplefilter("ignore")

import oslo_messaging  # noqa: E402
from oslo_config import cfg  # noqa: E402
from oslo_context import context as request_context  # noqa: E402


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--topic", required=True, action="append")
    parser.add_argument("--driver", choices=["messaging", "messagingv2"], default="messagingv2")
    parser.add_argument("--publisher", default="peer.host1")
    parser.add_argument("--exchange", default="openstack")
    return parser.parse_args()


def main():
    options = parse()
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    configuration = cfg.ConfigOpts()
    configuration([], project="peer")
    transport = oslo_messaging.get_notification_transport(configuration, url=options.url)
    configuration.set_override("control_exchange", options.exchange)
    notifier = oslo_messaging.Notifier(
        transport, publisher_id=options.publisher, driver=options.driver, topics=options.topic, retry=3
    )
    print("READY", flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        count = command.get("count")
        prepared = notifier.prepare(publisher_id=command["publisher"]) if "publisher" in command else notifier
        send = getattr(prepared, command["priority"])
        context = request_context.RequestContext(**command.get("context", {}))
        for number in range(1, (count or 1) + 1):
            payload = {"number": number, **command.get("extra", {})} if count else command.get("payload")
            send(context, command["event"], payload)
        print(json.dumps({"sent": count or 1}), flush=True)


if __name__ == "__main__":
    main()
