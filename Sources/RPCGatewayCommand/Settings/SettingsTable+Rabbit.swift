// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension SettingsTable {
    /// The options of `[oslo_messaging_rabbit]`, with oslo.messaging's names, ranges and defaults.
    static let rabbit: [Setting] = rabbitQueues + rabbitConnections + rabbitTLS + rabbitPool + rabbitConsumers

    private static let count = RabbitOption.integer(0...1_000_000_000)
    private static let seconds = RabbitOption.integer(0...86_400)

    private static let rabbitQueues: [Setting] = [
        .rabbit("amqp_durable_queues", .boolean, default: "false", "Durable control exchange and topic queues"),
        .rabbit("amqp_auto_delete", .boolean, default: "false", "Queues that go with their last consumer"),
        .rabbit("rabbit_ha_queues", .boolean, default: "false", "Mirrored classic queues (x-ha-policy)"),
        .rabbit("rabbit_quorum_queue", .boolean, default: "false", "Topic queues are quorum queues"),
        .rabbit(
            "rabbit_transient_quorum_queue",
            .boolean,
            default: "false",
            "Reply and fanout queues are quorum queues"
        ),
        .rabbit("rabbit_quorum_delivery_limit", count, default: "0", "x-delivery-limit of quorum queues; 0 is none"),
        .rabbit(
            "rabbit_quorum_max_memory_length",
            count,
            default: "0",
            "x-max-in-memory-length of quorum queues; 0 is none"
        ),
        .rabbit(
            "rabbit_quorum_max_memory_bytes",
            count,
            default: "0",
            "x-max-in-memory-bytes of quorum queues; 0 is none"
        ),
        .rabbit(
            "rabbit_transient_queues_ttl",
            seconds,
            default: "1800",
            "Seconds after which unused reply and fanout queues expire; 0 is never"
        ),
        .rabbit("rabbit_stream_fanout", .boolean, default: "false", "Fanout through stream queues"),
        .rabbit("use_queue_manager", .boolean, default: "false", "Not supported: true is refused"),
        .rabbit("hostname", .text, default: "the host's name", "Accepted and without effect"),
        .rabbit("processname", .text, default: "the program's name", "Accepted, without effect"),
    ]

    private static let rabbitConnections: [Setting] = [
        .rabbit(
            "rabbit_login_method",
            .choice(["PLAIN", "AMQPLAIN", "EXTERNAL"]),
            default: "AMQPLAIN",
            "How the broker is told who we are"
        ),
        .rabbit(
            "kombu_reconnect_delay",
            .number(0...4.5),
            default: "none",
            "Seconds to wait before connecting again, if rabbit_retry_interval is not set"
        ),
        .rabbit("kombu_reconnect_splay", .number(0...60), default: "0.0", "Random seconds added to that delay"),
        .rabbit("rabbit_retry_interval", seconds, default: "0.05", "Seconds between the first two attempts to connect"),
        .rabbit("rabbit_retry_backoff", seconds, default: "doubling", "Seconds that each further attempt waits longer"),
        .rabbit("rabbit_interval_max", seconds, default: "1", "The most seconds between two attempts"),
        .rabbit(
            "kombu_failover_strategy",
            .choice(["round-robin", "shuffle"]),
            default: "round-robin",
            "The order in which hosts are tried"
        ),
        .rabbit("heartbeat_timeout_threshold", seconds, default: "60", "Heartbeat time-out in seconds; 0 is none"),
        .rabbit(
            "heartbeat_rate",
            .integer(1...100),
            default: "3",
            "Accepted and without effect: heartbeats follow the AMQP specification"
        ),
        .rabbit(
            "kombu_missing_consumer_retry_timeout",
            seconds,
            default: "60",
            "Seconds for which a server sends again a reply whose queue is missing"
        ),
        .rabbit("kombu_compression", .choice(["gzip"]), default: "none", "Compression of bodies"),
    ]

    private static let rabbitTLS: [Setting] = [
        .rabbit("ssl", .boolean, default: "false", "Connect with TLS"),
        .rabbit("ssl_version", .text, default: "any", "The TLS version, such as TLSv1_2"),
        .rabbit("ssl_key_file", .text, default: "none", "File of the client certificate's key"),
        .rabbit("ssl_cert_file", .text, default: "none", "File of the client certificate"),
        .rabbit("ssl_ca_file", .text, default: "none", "File of the authorities that sign brokers' certificates"),
        .rabbit("ssl_enforce_hostname_verification", .boolean, default: "true", "Check the broker's name"),
    ]

    private static let rabbitPool: [Setting] = [
        .rabbit("rpc_conn_pool_size", .integer(1...1000), default: "30", "Send connections at most"),
        .rabbit(
            "conn_pool_min_size",
            .integer(0...1000),
            default: "2",
            "Send connections that idleness does not close"
        ),
        .rabbit("conn_pool_ttl", seconds, default: "1200", "Seconds after which an idle connection is closed"),
    ]

    private static let rabbitConsumers: [Setting] = [
        .rabbit(
            "rabbit_qos_prefetch_count",
            .integer(0...65_535),
            default: "0",
            "Unacknowledged messages a consumer may hold; 0 is no limit for replies and 1000 for listeners"
        ),
        .rabbit(
            "direct_mandatory_flag",
            .boolean,
            default: "true",
            "Whether replies of a server are mandatory; requests always are"
        ),
        .rabbit(
            "enable_cancel_on_failover",
            .boolean,
            default: "false",
            "Consumers are cancelled when their queue fails over"
        ),
    ]
}
