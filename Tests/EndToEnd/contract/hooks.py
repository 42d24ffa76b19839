"""What the contract cannot say in JSON Schema, told to Schemathesis."""

import json
import urllib.parse

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, ServerError
from schemathesis.openapi.checks import RejectedPositiveData

JSON_FIELDS = {"Rpc-Context": {"user_id": "u1"}, "Amqp-Headers": {"x-tenant": "t1", "attempt": 2}}
LONGEST = 255


@schemathesis.hook
def before_call(context, case, kwargs):
    """Fields that hold JSON: strings to the generator, objects to the gateway. What was meant to be wrong stays so."""
    for name, value in JSON_FIELDS.items():
        if case.headers and name in case.headers and not is_negative(case):
            case.headers[name] = json.dumps(value)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure is one."""
    if isinstance(failure, ServerError):
        # What the broker and the server do to a call is documented, 500 `broker-configuration` among it, and says what it is.
        is_told = b'"code":"' in response.content or case.method == "HEAD"
        return not is_told or b'"code":"internal"' in response.content
    if isinstance(failure, AcceptedNegativeData):
        # JSON-RPC answers 200 to a body that it cannot read, and says in the answer what is wrong.
        return not (case.path == "/-/jsonrpc" and b'"error":{"code":-32' in response.content)
    if isinstance(failure, RejectedPositiveData):
        # A request may be within the schema and yet break a rule for which a schema has no words.
        return not breaks_a_rule(case)
    return True


def breaks_a_rule(case):
    path = {name: urllib.parse.unquote(str(value)) for name, value in (case.path_parameters or {}).items()}
    query = {name: str(value) for name, value in (case.query or {}).items()}
    names = [*path.values(), *query.values()]
    # A server's queue is called `topic.server`, the one of a notification `topic.priority`.
    if "server" in path:
        names.append(f"{path['topic']}.{path['server']}")
    elif "/-/notifications/" in case.path:
        names.append(f"{path['topic']}.critical")
    return (
        # Lengths are counted in bytes of UTF-8.
        any(len(name.encode()) > LONGEST for name in names)
        or not {".", ".."}.isdisjoint(path.values())
        or not path.get("method", "m").isidentifier()
        # What the query names has `-` in the path.
        or any(name in query and path.get(name, "-") != "-" for name in ("exchange", "routing_key"))
    )


def is_negative(case):
    return bool(case.meta and case.meta.generation.mode.is_negative)
