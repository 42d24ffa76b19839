// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RabbitDriver

@Suite struct OptionReadingTests {
    @Test func withoutOptionsTheDefaultsAreOslos() throws {
        let options = try RabbitOptions(options: [])
        #expect(options == RabbitOptions())
        #expect(options.connectionPoolSize == 30)
        #expect(options.connectionPoolMinimumSize == 2)
        #expect(options.connectionPoolTTL == .seconds(1200))
        #expect(options.transientQueuesTTL == .seconds(1800))
        #expect(options.heartbeat == .seconds(60))
        #expect(options.loginMethod == .amqplain)
        #expect(options.failoverStrategy == .roundRobin)
        #expect(options.prefetchCount == 0)
        #expect(options.verifiesHostname)
    }

    @Test(arguments: [
        ("true", true), ("1", true), ("yes", true), ("on", true), ("TRUE", true), ("Yes", true), ("false", false),
        ("0", false), ("no", false), ("off", false), ("False", false), ("OFF", false),
    ])
    func booleansAreReadAsOsloReadsThem(_ text: String, _ value: Bool) throws {
        #expect(try RabbitOptions(options: [("ssl", text)]).usesTLS == value)
    }

    @Test(arguments: [
        ("ssl", "y"), ("ssl", ""), ("ssl", "2"), ("rpc_conn_pool_size", "0"), ("rpc_conn_pool_size", "3.0"),
        ("rpc_conn_pool_size", "99999999999999999999"), ("conn_pool_min_size", "-1"), ("conn_pool_ttl", "soon"),
        ("kombu_reconnect_delay", "4.6"), ("kombu_reconnect_delay", "nan"), ("kombu_reconnect_delay", "-0.1"),
        ("rabbit_retry_interval", "inf"), ("rabbit_transient_queues_ttl", "-1"), ("rabbit_qos_prefetch_count", "70000"),
        ("rabbit_login_method", "plain"), ("kombu_failover_strategy", "random"), ("ssl_version", "TLSv9"),
    ])
    func aBadValueIsNamed(_ name: String, _ text: String) {
        #expect(
            #expect(throws: RabbitOptionsError.self) { try RabbitOptions(options: [(name, text)]) }?.problems.count == 1
        )
    }

    @Test func fractionsOfSecondsAreKept() throws {
        let options = try RabbitOptions(options: [("kombu_reconnect_delay", "0.25"), ("rabbit_retry_interval", "1")])
        #expect(options.reconnectDelay == .milliseconds(250))
        #expect(options.retryInterval == .seconds(1))
    }

    @Test func ofANameGivenTwiceTheLastCounts() throws {
        let options = try RabbitOptions(options: [("rpc_conn_pool_size", "5"), ("rpc_conn_pool_size", "9")])
        #expect(options.connectionPoolSize == 9)
    }

    @Test func everyProblemIsReportedInOneError() {
        let wrong = [("nonsense", "1"), ("ssl", "maybe"), ("heartbeat_timeout_threshold", "x"), ("Ssl", "true")]
        let error = #expect(throws: RabbitOptionsError.self) { try RabbitOptions(options: wrong) }
        #expect(error?.problems.count == 4)
    }

    @Test func everyOptionOfTheOriginalIsKnown() {
        let names = """
            amqp_durable_queues amqp_auto_delete rpc_conn_pool_size conn_pool_min_size conn_pool_ttl ssl ssl_version
            ssl_key_file ssl_cert_file ssl_ca_file ssl_enforce_hostname_verification ssl_enforce_fips_mode
            kombu_reconnect_delay kombu_reconnect_splay kombu_compression kombu_missing_consumer_retry_timeout
            kombu_failover_strategy rabbit_login_method rabbit_retry_interval rabbit_retry_backoff rabbit_interval_max
            rabbit_ha_queues rabbit_quorum_queue rabbit_transient_quorum_queue rabbit_quorum_delivery_limit
            rabbit_quorum_max_memory_length rabbit_quorum_max_memory_bytes rabbit_transient_queues_ttl
            rabbit_qos_prefetch_count heartbeat_timeout_threshold heartbeat_rate direct_mandatory_flag
            enable_cancel_on_failover use_queue_manager rabbit_stream_fanout hostname processname
            """.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(Set(names).subtracting(RabbitOptions.names).isEmpty)
    }
}
