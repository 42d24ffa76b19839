// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The options of `[oslo_messaging_rabbit]`, with the defaults of oslo.messaging 18.3.
///
/// A switch that has no effect in the original is accepted and has none here either; the comments say so.
public struct RabbitOptions: Sendable, Hashable {
    /// How the next of several hosts is chosen (`kombu_failover_strategy`).
    public enum FailoverStrategy: String, Sendable, CaseIterable {
        /// In turn.
        case roundRobin = "round-robin"
        /// By chance.
        case shuffle
    }

    /// How to log in (`rabbit_login_method`).
    public enum LoginMethod: String, Sendable, CaseIterable {
        /// User and password. AMQPLAIN carries the same credentials and is sent as PLAIN.
        case plain = "PLAIN"
        /// The original's default; sent as PLAIN.
        case amqplain = "AMQPLAIN"
        /// By the client's certificate.
        case external = "EXTERNAL"
    }

    /// The lowest TLS version (`ssl_version`).
    public enum TLSVersion: String, Sendable, CaseIterable {
        /// TLS 1.2.
        case tls12 = "TLSv1_2"
        /// TLS 1.3.
        case tls13 = "TLSv1_3"
    }

    /// Durable control exchange and topic queues (`amqp_durable_queues`).
    public var durableQueues = false
    /// Control exchange and topic queues that vanish with their last user (`amqp_auto_delete`).
    public var autoDelete = false
    /// The most publishing connections (`rpc_conn_pool_size`).
    public var connectionPoolSize = 30
    /// Idle publishing connections that are kept (`conn_pool_min_size`).
    public var connectionPoolMinimumSize = 2
    /// How long further ones may be idle (`conn_pool_ttl`).
    public var connectionPoolTTL: Duration = .seconds(1200)
    /// Whether to connect by TLS (`ssl`).
    public var usesTLS = false
    /// The lowest TLS version; nil leaves it to the library (`ssl_version`).
    public var tlsVersion: TLSVersion?
    /// The client's private key, a PEM file (`ssl_key_file`).
    public var tlsKeyFile: String?
    /// The client's certificate, a PEM file (`ssl_cert_file`).
    public var tlsCertificateFile: String?
    /// The authorities that are trusted, a PEM file; nil trusts the system's (`ssl_ca_file`).
    public var tlsCAFile: String?
    /// Whether the broker's name has to be in its certificate (`ssl_enforce_hostname_verification`).
    public var verifiesHostname = true
    /// The first wait between attempts to connect, where given (`kombu_reconnect_delay`).
    public var reconnectDelay: Duration?
    /// The random part of that wait, where given (`kombu_reconnect_splay`).
    public var reconnectSplay: Duration?
    /// Whether the bodies of requests are compressed (`kombu_compression`); replies are read either way.
    public var compressesBodies = false
    /// How the next host is chosen.
    public var failoverStrategy = FailoverStrategy.roundRobin
    /// How to log in.
    public var loginMethod = LoginMethod.amqplain
    /// The first interval between attempts, where given (`rabbit_retry_interval`).
    public var retryInterval: Duration?
    /// What is added to the interval each time, where given (`rabbit_retry_backoff`).
    public var retryBackoff: Duration?
    /// The longest interval, where given (`rabbit_interval_max`).
    public var retryIntervalMaximum: Duration?
    /// Mirrored queues of old brokers (`rabbit_ha_queues`).
    public var mirroredQueues = false
    /// Quorum topic queues (`rabbit_quorum_queue`).
    public var quorumQueues = false
    /// Quorum reply and fanout queues (`rabbit_transient_quorum_queue`).
    public var transientQuorumQueues = false
    /// How often a quorum queue delivers a message, 0 for no limit (`rabbit_quorum_delivery_limit`).
    public var quorumDeliveryLimit = 0
    /// Messages a quorum queue keeps in memory, 0 for no limit (`rabbit_quorum_max_memory_length`).
    public var quorumMaximumMemoryLength = 0
    /// Bytes a quorum queue keeps in memory, 0 for no limit (`rabbit_quorum_max_memory_bytes`).
    public var quorumMaximumMemoryBytes = 0
    /// When unused reply and fanout queues are deleted, 0 for never (`rabbit_transient_queues_ttl`).
    public var transientQueuesTTL: Duration = .seconds(1800)
    /// Unacknowledged deliveries at a time, 0 for no limit (`rabbit_qos_prefetch_count`).
    public var prefetchCount = 0
    /// The heartbeat interval, 0 for none (`heartbeat_timeout_threshold`).
    public var heartbeat: Duration = .seconds(60)
    /// Consumers are cancelled when a mirrored queue fails over (`enable_cancel_on_failover`).
    public var cancelsOnFailover = false
    /// Whether replies to a queue that is gone come back, and are sent again (`direct_mandatory_flag`).
    public var mandatoryReplies = true
    /// How long a reply waits for a caller's queue that is gone (`kombu_missing_consumer_retry_timeout`).
    public var missingConsumerRetryTimeout: Duration = .seconds(60)
    /// Fanouts through streams (`rabbit_stream_fanout`).
    public var streamFanout = false

    /// The defaults.
    public init() {}
}
