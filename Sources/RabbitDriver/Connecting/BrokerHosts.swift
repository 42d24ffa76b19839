// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging
internal import Threads

/// The brokers of a transport URL, tried in turn.
///
/// The order is drawn once a driver, so that many processes with one URL spread over its hosts.
final class BrokerHosts: Sendable {
    private let configurations: [ConnectionConfiguration]
    private let shufflesEachTime: Bool
    private let turn = Guarded(0)

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
            // Room above the limit: a reply that is too large has to arrive for its caller to be told.
            configuration.maximumBodyBytes = max(configuration.maximumBodyBytes, 2 * min(maximumReplyBytes, 1 << 40))
            return configuration
        }
        configurations = shuffle(Array(all.indices)).map { all[$0] }
        shufflesEachTime = options.failoverStrategy == .shuffle
    }

    /// The descriptors of one connection: with TLS it has a loop of its own.
    var descriptorsPerConnection: Int { configurations.contains { $0.tls != nil } ? 3 : 1 }

    /// The host to try next, with a connection name that says what the connection is for.
    func next(purpose: String) -> ConnectionConfiguration {
        let index = turn.withLock { turn in
            defer { turn &+= 1 }
            return shufflesEachTime ? Int.random(in: 0..<configurations.count) : turn % configurations.count
        }
        var configuration = configurations[index]
        configuration.connectionName += ":\(purpose)"
        return configuration
    }
}
