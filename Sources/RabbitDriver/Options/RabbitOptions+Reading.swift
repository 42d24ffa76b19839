// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

extension RabbitOptions {
    /// Reads options under their oslo names; if a name is given twice the last one counts.
    ///
    /// - Throws: every unknown name, bad value and contradiction at once.
    public init(options: [(String, String)]) throws(RabbitOptionsError) {
        self.init()
        var problems: [String] = []
        for (name, text) in options {
            guard let read = Self.readers[name] else {
                problems.append("\(name): no such option")
                continue
            }
            if let problem = read(&self, text) { problems.append("\(name): \(problem), not \"\(text)\"") }
        }
        problems += contradictions
        guard problems.isEmpty else { throw RabbitOptionsError(problems: problems) }
    }

    /// The names that are known, sorted.
    public static var names: [String] { readers.keys.sorted() }

    private var contradictions: [String] {
        var problems: [String] = []
        if connectionPoolSize < connectionPoolMinimumSize {
            problems.append("rpc_conn_pool_size: it has to be at least conn_pool_min_size")
        }
        if mirroredQueues, quorumQueues || transientQuorumQueues {
            problems.append("rabbit_ha_queues: it cannot go together with quorum queues")
        }
        if streamFanout, !transientQuorumQueues || prefetchCount == 0 {
            let needs = "rabbit_transient_quorum_queue and rabbit_qos_prefetch_count"
            problems.append("rabbit_stream_fanout: it needs \(needs)")
        }
        if (tlsKeyFile == nil) != (tlsCertificateFile == nil) {
            problems.append("ssl_cert_file: it needs ssl_key_file, and the other way round")
        }
        return problems
    }

    // names: our own
    private static let readers: [String: OptionReader] = [
        "amqp_durable_queues": OptionReaders.flag(\.durableQueues),
        "amqp_auto_delete": OptionReaders.flag(\.autoDelete),
        "rpc_conn_pool_size": OptionReaders.integer(\.connectionPoolSize, in: 1...10_000),
        "conn_pool_min_size": OptionReaders.integer(\.connectionPoolMinimumSize, in: 0...10_000),
        "conn_pool_ttl": OptionReaders.seconds(\.connectionPoolTTL, in: 0...10_000_000),
        "ssl": OptionReaders.flag(\.usesTLS),
        "ssl_version": OptionReaders.choice(\.tlsVersion),
        "ssl_key_file": OptionReaders.text(\.tlsKeyFile),
        "ssl_cert_file": OptionReaders.text(\.tlsCertificateFile),
        "ssl_ca_file": OptionReaders.text(\.tlsCAFile),
        "ssl_enforce_hostname_verification": OptionReaders.flag(\.verifiesHostname),
        "ssl_enforce_fips_mode": OptionReaders.ignored,
        "kombu_reconnect_delay": OptionReaders.optionalSeconds(\.reconnectDelay, in: 0...4.5),
        "kombu_reconnect_splay": OptionReaders.optionalSeconds(\.reconnectSplay, in: 0...3600),
        "kombu_compression": OptionReaders.compression,
        "kombu_missing_consumer_retry_timeout": OptionReaders.seconds(\.missingConsumerRetryTimeout, in: 0...86_400),
        "kombu_failover_strategy": OptionReaders.choice(\.failoverStrategy),
        "rabbit_login_method": OptionReaders.choice(\.loginMethod),
        "rabbit_retry_interval": OptionReaders.optionalSeconds(\.retryInterval, in: 0...3600),
        "rabbit_retry_backoff": OptionReaders.optionalSeconds(\.retryBackoff, in: 0...3600),
        "rabbit_interval_max": OptionReaders.optionalSeconds(\.retryIntervalMaximum, in: 1...3600),
        "rabbit_ha_queues": OptionReaders.flag(\.mirroredQueues),
        "rabbit_quorum_queue": OptionReaders.flag(\.quorumQueues),
        "rabbit_transient_quorum_queue": OptionReaders.flag(\.transientQuorumQueues),
        "rabbit_quorum_delivery_limit": OptionReaders.integer(\.quorumDeliveryLimit, in: 0...Int(Int32.max)),
        "rabbit_quorum_max_memory_length": OptionReaders.integer(\.quorumMaximumMemoryLength, in: 0...Int(Int32.max)),
        "rabbit_quorum_max_memory_bytes": OptionReaders.integer(\.quorumMaximumMemoryBytes, in: 0...Int(Int32.max)),
        "rabbit_transient_queues_ttl": OptionReaders.seconds(\.transientQueuesTTL, in: 0...2_000_000),
        "rabbit_qos_prefetch_count": OptionReaders.integer(\.prefetchCount, in: 0...65_535),
        "heartbeat_timeout_threshold": OptionReaders.seconds(\.heartbeat, in: 0...65_535),
        "heartbeat_rate": OptionReaders.ignored,
        "heartbeat_in_pthread": OptionReaders.ignored,
        // For replies alone; our requests are always mandatory.
        "direct_mandatory_flag": OptionReaders.flag(\.mandatoryReplies),
        "enable_cancel_on_failover": OptionReaders.flag(\.cancelsOnFailover),
        "use_queue_manager": OptionReaders.off("named queues that survive a restart are not supported"),
        "hostname": OptionReaders.ignored,
        "processname": OptionReaders.ignored,
        "rabbit_stream_fanout": OptionReaders.flag(\.streamFanout),
    ]
}

/// Everything that is unknown or wrong among the options of a transport.
public struct RabbitOptionsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One sentence for each option, naming it and the fix; values are repeated, as no option holds a secret.
    public var problems: [String]

    /// The sentences.
    public var description: String { problems.joined(separator: "; ") }
}

extension RabbitOptions {
    /// The options of a transport: those of the configuration, then those of its URL, which win.
    init(context: DriverRegistry.DriverContext, url: TransportURL) throws(RabbitOptionsError) {
        let configured = context.options.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        try self.init(options: configured + url.options.map { ($0.name, $0.value) })
    }
}
