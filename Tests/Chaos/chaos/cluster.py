"""Three brokers that are one cluster, and what can be done to one of them."""

import contextlib

from harness.broker import Broker, VirtualHost
from harness.waiting import until


class Cluster:
    """Stands for a broker. `broken` is the node that scenarios break; what is asked of the cluster is asked of another."""

    def __init__(self, directory):
        self.nodes = []
        try:
            for number in range(3):
                self.nodes.append(Broker(directory / f"node{number}", True, joins=self.nodes[0] if self.nodes else None))
        except BaseException:
            self.stop()
            raise
        self.broken = self.nodes[1]
        self.asked = self.nodes[2]
        self.names = [node.evaluate("node()").strip("'") for node in self.nodes]

    @property
    def port(self):
        return self.asked.port

    def run(self, *words):
        return self.asked.run(*words)

    def ctl(self, *words):
        return self.asked.ctl(*words)

    def evaluate(self, expression):
        return self.asked.evaluate(expression)

    def accepts(self):
        return self.asked.accepts()

    def make_virtual_host(self, label):
        host = ClusterHost(self, self.asked.make_virtual_host(label).name)
        return host

    def _others(self):
        return [name for node, name in zip(self.nodes, self.names) if node is not self.broken]

    def part(self):
        """Cuts the broken node off from the others: the distribution refuses its cookie."""
        self._about_others("erlang:set_cookie(N, cut), erlang:disconnect_node(N)")

    def heal(self):
        self._about_others("erlang:set_cookie(N, erlang:get_cookie())")

    def _about_others(self, what):
        names = ", ".join(f"'{name}'" for name in self._others())
        self.broken.evaluate(f"[begin {what} end || N <- [{names}]]")

    def whole(self):
        """Whether all nodes see all others and serve."""
        running = self.asked.evaluate("length(rabbit_nodes:all_running())")
        return running == "3" and all(node.accepts() for node in self.nodes)

    def mend(self):
        """Waits until three nodes run; the one that was broken is started again where it does not come back by itself."""
        with contextlib.suppress(AssertionError):
            until(self.whole, 30, 0.5)
            return
        self.broken.run("restart")
        until(self.whole, 60, 0.5, what="three nodes run")

    def stop(self):
        for node in reversed(self.nodes):
            node.stop()


class ClusterHost(VirtualHost):
    """A virtual host of the cluster; clients know all nodes, and servers begin with the one that breaks."""

    def replies_are_on_the_broken_node(self):
        text = self.broker.ctl("list_queues", "-p", self.name, "name", "pid", "--no-table-headers")
        pids = [line.split("\t")[1] for line in text.splitlines() if line.startswith("reply_")]
        return any(self.broker.names[self.broker.nodes.index(self.broker.broken)] in pid for pid in pids)

    def _nodes(self):
        return [self.broker.broken, *(node for node in self.broker.nodes if node is not self.broker.broken)]

    def url(self, port=None, query="", user="guest:guest"):
        hosts = ",".join(f"{user}@127.0.0.1:{node.port}" for node in self._nodes())
        return f"rabbit://{hosts}/{self.name}{query}"

    @property
    def server_url(self):
        patience = "?socket_timeout=2&stack_timeout=3&heartbeat=4"
        return ",".join(f"amqp://guest:guest@127.0.0.1:{node.port}/{self.name}{patience}" for node in self._nodes())
