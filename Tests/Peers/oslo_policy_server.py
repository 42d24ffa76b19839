"""A service as OpenStack's are: it makes an oslo.context of what the request brings, and asks oslo.policy before it does anything.

Prints `READY` once it consumes, then one JSON object a line for every method that is asked for: what its rules were asked with, and whether
they allowed it. Ends on SIGTERM.
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
from oslo_context import context as contexts  # noqa: E402
from oslo_policy import policy  # noqa: E402

import consuming  # noqa: E402

RULES = [
    policy.RuleDefault("show", "role:reader or role:member"),
    policy.RuleDefault("create", "role:member and project_id:%(project_id)s"),
    policy.RuleDefault("delete", "user_id:%(user_id)s"),
    policy.RuleDefault("domain", "domain_id:%(domain_id)s or user_domain_id:%(domain_id)s"),
    policy.RuleDefault("force", "is_admin:True"),
    policy.RuleDefault("system", "role:admin and system_scope:all"),
]
SEEN = [
    "user_id", "user_name", "user_domain_id", "user_domain_name", "project_id", "project_name", "project_domain_id", "project_domain_name",
    "domain_id", "domain_name", "roles", "is_admin", "is_admin_project", "system_scope", "auth_token", "request_id", "global_request_id",
]  # fmt: skip


class Context(contexts.RequestContext):
    """As Nova's, whose rules can ask for `is_admin`."""

    def to_policy_values(self):
        values = super().to_policy_values()
        values["is_admin"] = self.is_admin
        return values


class ContextSerializer(oslo_messaging.NoOpSerializer):
    """What services have in place of a dictionary."""

    def deserialize_context(self, context):
        return Context.from_dict(context)


class Volumes:
    def __init__(self, enforcer):
        self.enforcer = enforcer
        self.lock = threading.Lock()

    def note(self, **members):
        with self.lock:
            sys.stdout.write(json.dumps(members) + "\n")
            sys.stdout.flush()

    def ask(self, context, rule, target):
        seen = {name: getattr(context, name) for name in SEEN}
        allowed = self.enforcer.authorize(rule, target, context)
        self.note(method=rule, arguments=target, seen=seen, allowed=allowed)
        if not allowed:
            raise policy.PolicyNotAuthorized(rule, target, context)
        return seen

    def show(self, context):
        return self.ask(context, "show", {})

    def create(self, context, project_id):
        return self.ask(context, "create", {"project_id": project_id})

    def delete(self, context, user_id):
        return self.ask(context, "delete", {"user_id": user_id})

    def domain(self, context, domain_id):
        return self.ask(context, "domain", {"domain_id": domain_id})

    def force(self, context):
        return self.ask(context, "force", {})

    def system(self, context):
        return self.ask(context, "system", {})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--server", required=True)
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    configuration = cfg.CONF
    configuration([], project="peer")
    enforcer = policy.Enforcer(configuration)
    enforcer.register_defaults(RULES)
    server = oslo_messaging.get_rpc_server(
        oslo_messaging.get_rpc_transport(configuration, url=options.url),
        oslo_messaging.Target(topic=options.topic, server=options.server),
        [Volumes(enforcer)],
        executor="threading",
        serializer=ContextSerializer(),
    )
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    server.start()
    consuming.wait_until_consuming(server)
    print("READY", flush=True)
    end.wait()
    server.stop()
    server.wait()


if __name__ == "__main__":
    main()
