"""What a broker that refuses says reaches clients, /readyz and the log, and what it takes back is noticed at once."""

import itertools
import threading
import time

import pytest

from harness.gateway import problem, result
from harness.waiting import until

_numbers = itertools.count(1)


@pytest.fixture
def user(broker, vhost):
    """A user of the virtual host; gives the name and a function that sets what it may configure and write to."""
    name = f"user{next(_numbers)}-{vhost.name}"
    broker.add_user(name, "the-password", vhost.name)
    yield name, lambda pattern=".*": broker.permit(name, vhost.name, pattern)
    broker.delete_user(name)


def url_of(vhost, user, password="the-password"):
    return vhost.url(user=f"{user}:{password}")


def warnings(gateway, words):
    gateway.complaints.catch_up()
    return [line for line in gateway.errors if words in line]


def check_refusal(gateway, words, figure):
    """Clients, /readyz and one line of the log say what the broker said."""
    until(lambda: words in problem(gateway.get("/readyz"), 503, "not-ready")["detail"], 5)
    # Each is answered with an attempt to connect of its own, all of them refused.
    for verb in ("", ":cast") * 3:
        answer = gateway.post(f"/refused/m{verb}", headers={"Rpc-Timeout": "5"})
        members = problem(answer, 500, "broker-configuration", "broker", "no", False)
        assert words in members["detail"], members
        assert answer.seconds < 3
    assert len(warnings(gateway, words)) == 1, gateway.said()
    assert "the-password" not in gateway.said() and "a-wrong-one" not in gateway.said()
    figure(members["detail"])


def test_without_the_right_to_have_a_reply_queue(family, vhost, user, figure):
    name, permit = user
    permit("^(?!reply_).*")
    gateway = family.gateway(url_of(vhost, name), wait_until_ready=False)
    until(lambda: "403 ACCESS_REFUSED" in problem(gateway.get("/readyz"), 503, "not-ready")["detail"], 5)
    answer = gateway.post("/refused/m", headers={"Rpc-Timeout": "5"})
    members = problem(answer, 500, "broker-configuration", "broker", "no", False)
    assert "403 ACCESS_REFUSED" in members["detail"] and "'reply_" in members["detail"] and name in members["detail"], members
    # Others may be asked for nothing but messages.
    problem(gateway.post("/refused/m:cast"), 503, "undeliverable", "broker", "no", True)
    for _ in range(3):
        gateway.post("/refused/m", headers={"Rpc-Timeout": "5"})
    assert len(warnings(gateway, "403 ACCESS_REFUSED")) == 1, gateway.said()
    figure(members["detail"])


def test_a_virtual_host_that_is_not_there(family, vhost, figure):
    gateway = family.gateway(f"{vhost.url()}-none", wait_until_ready=False)
    check_refusal(gateway, f"530 NOT_ALLOWED - vhost {vhost.name}-none not found", figure)


def test_a_wrong_password(family, vhost, user, figure):
    gateway = family.gateway(url_of(vhost, user[0], "a-wrong-one"), wait_until_ready=False)
    check_refusal(gateway, "403 ACCESS_REFUSED - Login was refused", figure)


def test_a_queue_of_another_type_is_named(family, vhost, figure):
    with vhost.channel() as channel:
        channel.queue_declare("bugq.info", durable=True, arguments={"x-queue-type": "quorum"})
    gateway = family.gateway(vhost.url())
    for _ in range(3):
        members = problem(gateway.post("/-/notifications/bugq/some.event"), 500, "broker-configuration", "broker", "no", False)
        assert 'refuses queue "bugq.info": 406 PRECONDITION_FAILED' in members["detail"], members
    assert len(warnings(gateway, "406 PRECONDITION_FAILED")) == 1, gateway.said()
    figure(members["detail"])


class Asking:
    """Threads that call without a pause and remember when they were answered how."""

    def __init__(self, gateway, path, threads=4):
        self.end = threading.Event()
        self.answers = []
        self.threads = [threading.Thread(target=self._run, args=(gateway, path), daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def _run(self, gateway, path):
        while not self.end.is_set():
            answer = gateway.post(path, {"value": 1}, {"Rpc-Timeout": "5"})
            self.answers.append((time.monotonic(), answer.status))

    def count(self, status, since):
        return sum(1 for at, each in list(self.answers) if at > since and each == status)

    def first(self, status, since):
        return min(at for at, each in list(self.answers) if at > since and each == status)

    def stop(self):
        self.end.set()
        for thread in self.threads:
            thread.join(10)


def test_rights_that_return_are_noticed_within_a_second(family, broker, vhost, user, figure):
    """Taken away from the exchange of a call, and from the reply queue too, which is lost meanwhile."""
    name, permit = user
    family.oslo_server(vhost.url(), "rights", "alpha")
    gateway = family.gateway(url_of(vhost, name))
    path = "/rights/alpha/echo?exchange=mine"
    with vhost.channel() as channel:
        channel.exchange_declare("mine", "topic")
        channel.queue_bind("rights.alpha", "mine", "rights.alpha")
    result(gateway.post(path, {"value": 1}))
    slowest = {}
    for what, others in {"exchange": "^(?!mine).*", "reply queue": "^(?!reply_).*"}.items():
        for _ in range(3):
            asking = Asking(gateway, path)
            began = time.monotonic()
            permit(others)
            # What is declared and permitted already is not asked for again on a connection that stays.
            broker.ctl("close_all_user_connections", name, "test")
            until(lambda: asking.count(500, began) >= 4, 10, what="the rights are missed")
            permit()
            returned = time.monotonic()
            until(lambda: asking.count(200, returned) >= 4, 10, what="the rights are back")
            asking.stop()
            slowest[what] = max(slowest.get(what, 0), asking.first(200, returned) - returned)
            until(lambda: gateway.get("/readyz").status == 200, 5)
    figure(", ".join(f"{what}: {seconds:.2f} s after the rights are back" for what, seconds in slowest.items()))
    assert max(slowest.values()) <= 1.2, slowest
