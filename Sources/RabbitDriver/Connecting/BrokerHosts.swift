// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Messaging
internal import Threads

/// The brokers of a transport URL, tried in turn; those that have just failed come last.
///
/// The order is drawn once for each driver, so that many processes with one URL spread over its hosts. All connections
/// of the driver learn from how each of them went.
final class BrokerHosts: Sendable {
    private let configurations: [ConnectionConfiguration]
    private let shufflesEachTime: Bool
    private let state: Guarded<Ranking>
    private let witness = Witness()

    /// How many hosts there are, at least one.
    var count: Int { configurations.count }

    init(
        _ url: TransportURL,
        options: RabbitOptions,
        maximumReplyBytes: Int,
        shuffle: ([Int]) -> [Int] = { $0.shuffled() }
    ) {
        let all = ConnectionConfiguration.all(of: url, options: options).map { configuration in
            var configuration = configuration
            // Room above the limit: a reply that is too large has to arrive so that its caller can be told.
            configuration.maximumBodyBytes = max(configuration.maximumBodyBytes, 2 * min(maximumReplyBytes, 1 << 40))
            return configuration
        }
        configurations = shuffle(Array(all.indices)).map { all[$0] }
        state = Guarded(Ranking(count: all.count))
        shufflesEachTime = options.failoverStrategy == .shuffle
    }

    /// The descriptors of one connection: with TLS it has a loop of its own.
    var descriptorsPerConnection: Int { configurations.contains { $0.tls != nil } ? 3 : 1 }

    /// Makes a connection to the hosts whose turn it is, with a name that says what the connection is for; it is not started.
    func connection(
        purpose: String,
        loop: EventLoop,
        logger: Logger,
        delegate: any ConnectionDelegate
    ) -> Connection {
        let candidates = next(purpose: purpose) { [witness] in witness.ask($0, loop: loop, logger: logger) }
        let connection = Connection(to: candidates, loop: loop, logger: logger, delegate: delegate)
        witness.watch(connection)
        return connection
    }

    private func next(
        purpose: String,
        isSilent: @escaping @Sendable (ConnectionConfiguration) -> Void
    ) -> BrokerCandidates {
        let start = shufflesEachTime ? Int.random(in: 0..<configurations.count) : nil
        let order = state.withLock { $0.next(startingAt: start, now: .now) }
        let candidates = order.map { index in
            var configuration = configurations[index]
            configuration.connectionName += ":\(purpose)"
            return configuration
        }
        return BrokerCandidates(
            candidates,
            didAsk: { [self] position, failure in
                // Nobody's fault but this process's own.
                if let failure, failure.code == .outOfResources || failure.code == .connectionClosed { return }
                state.withLock { $0.note(order[position], hasFailed: failure != nil, now: .now) }
            },
            isSilent: isSilent
        )
    }
}

/// The order in which hosts are tried, as a value.
struct Ranking: Sendable {
    /// How long a failure counts.
    static let memory = Duration.seconds(10)

    private var turn = 0
    private var failures: [Moment?]

    init(count: Int) { failures = Array(repeating: nil, count: count) }

    /// All hosts, beginning with the one whose turn it is; those that have just failed come after the others, the
    /// latest failure last.
    mutating func next(startingAt start: Int?, now: Moment) -> [Int] {
        let first = start ?? turn
        turn = (turn + 1) % failures.count
        let inTurn = failures.indices.map { ($0 + first) % failures.count }
        let failed = inTurn.filter { hasFailed($0, now) }
        let well = inTurn.filter { !hasFailed($0, now) }
        return well + failed.sorted { (failures[$0] ?? now) < (failures[$1] ?? now) }
    }

    /// Notes how it went with a host.
    mutating func note(_ host: Int, hasFailed: Bool, now: Moment) { failures[host] = hasFailed ? now : nil }

    private func hasFailed(_ host: Int, _ now: Moment) -> Bool {
        failures[host].map { now - $0 < Self.memory } ?? false
    }
}

extension ConnectionConfiguration {
    /// One configuration for each host of a URL.
    static func all(of url: TransportURL, options: RabbitOptions) -> [ConnectionConfiguration] {
        url.effectiveHosts.map { host in
            ConnectionConfiguration(
                host: host.effectiveHost,
                port: host.effectivePort,
                virtualHost: url.effectiveVirtualHost,
                username: host.effectiveUsername,
                password: host.effectivePassword,
                authentication: options.loginMethod == .external ? .external : .plain,
                heartbeat: options.heartbeat,
                connectionName: "rpc-gateway",
                tls: options.usesTLS ? TLSConfiguration(options) : nil
            )
        }
    }
}

extension TLSConfiguration {
    init(_ options: RabbitOptions) {
        self.init(
            caFile: options.tlsCAFile,
            certificateFile: options.tlsCertificateFile,
            keyFile: options.tlsKeyFile,
            verifiesHostname: options.verifiesHostname,
            minimumVersion: options.tlsVersion == .tls13 ? .tls13 : .tls12
        )
    }
}
