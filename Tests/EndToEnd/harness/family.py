"""The processes of one test or module, which end together."""

import amqp_tap

from harness import peer as peers
from harness.gateway import Gateway
from harness.process import Process


class Family:
    """Makes processes and ends them all, the last first."""

    def __init__(self):
        self.members = []

    def add(self, member):
        self.members.append(member)
        return member

    def gateway(self, url, *options, **settings):
        return self.add(Gateway(url, *options, **settings))

    def oslo_server(self, url, topic, server, *options, **keywords):
        return self.add(peers.oslo_server(url, topic, server, *options, **keywords))

    def oslo_policy_server(self, url, topic, server):
        return self.add(peers.oslo_policy_server(url, topic, server))

    def verbatim_server(self, amqp_url, topic, *options):
        return self.add(peers.verbatim_server(amqp_url, topic, *options))

    def tap(self, port):
        return self.add(amqp_tap.Tap(port))

    def stop(self):
        for member in reversed(self.members):
            if isinstance(member, Process):
                # Python's servers try for a minute to answer those who have gone; nobody waits for that.
                member.stop(seconds=2)
            else:
                member.stop() if hasattr(member, "stop") else member.close()
