"""TLS to the broker: verified by default, against the authority that is given."""

import pytest

from harness.gateway import problem, result


@pytest.fixture(scope="module")
def server(module_family, vhost):
    return module_family.oslo_server(vhost.url(), "tls", "alpha")


@pytest.fixture
def url(broker, vhost):
    """A URL over TLS; the broker's certificate names localhost and 127.0.0.4 only."""

    def make(host, **options):
        query = "&".join(f"{name}={value}" for name, value in {"ssl": "true", **options}.items())
        return f"rabbit://guest:guest@{host}:{broker.tls_port}/{vhost.name}?{query}"

    return make


def test_calls_over_tls(family, broker, server, url):
    gateway = family.gateway(url("localhost", ssl_ca_file=broker.authority))
    assert result(gateway.post("/tls/alpha/add", {"a": 1, "b": 2})) == b"3"
    assert len(result(gateway.post("/tls/alpha/big", {"n": 2**20}))) == 2**20 + 2
    assert len(result(gateway.post("/tls/alpha/echo", {"value": "x" * 2**20}))) == 2**20 + 2


def test_a_version_of_tls_can_be_asked_for(family, broker, server, url):
    gateway = family.gateway(url("localhost", ssl_ca_file=broker.authority, ssl_version="TLSv1_2"))
    assert result(gateway.post("/tls/alpha/whoami")) == b'"alpha"'


def test_an_address_that_the_certificate_has(family, broker, server, url):
    gateway = family.gateway(url("127.0.0.4", ssl_ca_file=broker.authority))
    assert result(gateway.post("/tls/alpha/whoami")) == b'"alpha"'


def refused(family, url):
    gateway = family.gateway(url, wait_until_ready=False)
    answer = gateway.post("/tls/alpha/whoami", headers={"Rpc-Timeout": "2"})
    problem(answer, 503, "broker-unavailable", "broker", "no")
    assert gateway.get("/healthz").status == 200
    assert gateway.get("/readyz").status == 503


def test_an_unknown_authority_is_refused(family, server, url):
    refused(family, url("localhost"))


def test_another_host_name_is_refused(family, broker, server, url):
    refused(family, url("127.0.0.1", ssl_ca_file=broker.authority))


def test_plain_amqp_on_the_port_of_tls_is_refused(family, broker, vhost):
    refused(family, f"rabbit://guest:guest@127.0.0.1:{broker.tls_port}/{vhost.name}")


def test_tls_on_the_port_of_plain_amqp_is_refused(family, broker, vhost):
    refused(family, f"rabbit://guest:guest@localhost:{broker.port}/{vhost.name}?ssl=true&ssl_ca_file={broker.authority}")
