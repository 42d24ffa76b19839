"""Builds the bodies of requests with oslo.messaging's own code, from what a request was and the identifiers that it was given.

Reads one JSON object a line: {"request": {method, args, namespace, version}, "body": "..."}. Prints a line for each body that
is not the very bytes that oslo.messaging would have sent, and at the end how many it has judged.
"""

import json
import sys
import uuid
from unittest import mock

from oslo_messaging import Target
from oslo_messaging._drivers import amqp
from oslo_messaging._drivers import common
from oslo_messaging.rpc import client
from oslo_messaging.serializer import NoOpSerializer
from oslo_serialization import jsonutils


def expected(request, sent):
    """What oslo.messaging sends for the request, with the identifiers and the context of the message that was sent."""
    target = Target(topic="t", namespace=request["namespace"], version=request["version"])
    context = client._BaseCallContext.__new__(client._CallContext)
    context.target, context.serializer = target, NoOpSerializer()
    message = context._make_message({}, request["method"], request["args"])
    for key in ("_msg_id", "_reply_q", "_timeout"):
        if key in sent:
            message[key] = sent[key]
    with mock.patch.object(uuid, "uuid4", return_value=uuid.UUID(sent["_unique_id"])):
        amqp._add_unique_id(message)
    amqp.pack_context(message, {key[9:]: value for key, value in sent.items() if key.startswith("_context_")})
    # kombu's encoder writes the outer text as the standard library does.
    return json.dumps(common.serialize_msg(message))


def main():
    judged = 0
    for line in sys.stdin:
        case = json.loads(line)
        sent = jsonutils.loads(json.loads(case["body"])["oslo.message"])
        right = expected(case["request"], sent)
        if right != case["body"]:
            print(json.dumps({"sent": case["body"], "right": right}))
        judged += 1
    print(judged)


if __name__ == "__main__":
    main()
