// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ConnectionPool

extension PoolConfiguration {
    /// The pool that the options ask for, or one shard's part of it; each part has at least one connection.
    init(options: RabbitOptions, hostCount: Int, shardCount: Int = 1) {
        let maximum = max(1, options.connectionPoolSize / shardCount)
        self.init(
            minimumConnectionCount: min(maximum, (options.connectionPoolMinimumSize + shardCount - 1) / shardCount),
            maximumConnectionHardLimit: maximum,
            idleTimeout: options.connectionPoolTTL,
            backoff: ReconnectBackoff(options, hostCount: hostCount)
        )
    }
}

extension ReconnectBackoff {
    /// Many clients that lost the same broker must not come back in step, whatever the options say.
    private static let leastJitter = 0.2

    /// The waits between attempts: oslo's where one of its options is given, otherwise short ones with jitter, one
    /// second at the most.
    init(_ options: RabbitOptions, hostCount: Int) {
        let given = [
            options.retryInterval, options.retryBackoff, options.retryIntervalMaximum, options.reconnectDelay,
            options.reconnectSplay,
        ]
        guard given.contains(where: { $0 != nil }) else {
            self.init(attemptsPerRound: hostCount)
            return
        }
        let splay = options.reconnectSplay ?? .zero
        let interval = (options.retryInterval ?? options.reconnectDelay ?? .seconds(1)) + splay
        self.init(
            interval: interval,
            growth: .added(options.retryBackoff ?? .seconds(2)),
            maximumInterval: options.retryIntervalMaximum ?? .seconds(30),
            jitter: max(Self.leastJitter, interval > .zero ? splay / interval : 0),
            attemptsPerRound: hostCount
        )
    }
}
