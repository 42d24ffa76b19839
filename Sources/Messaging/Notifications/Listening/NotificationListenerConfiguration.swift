// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How a listener runs.
public struct NotificationListenerConfiguration: Sendable {
    /// The queue that the listeners of a pool share (`pool`); see `NotificationSubscription.pool`. Something else has to
    /// consume the publishers' own queues, or they grow.
    public var pool: String?
    /// Whether the pool is this listener's alone and goes with it.
    public var isTemporary: Bool
    /// Whether endpoints may put notifications back (`allow_requeue`); without it what they refuse is acknowledged.
    public var allowsRequeue: Bool
    /// How long a worker holds a refused notification before it goes back, give or take a half: a notification that no
    /// endpoint wants would otherwise go round as fast as the broker can.
    public var requeueDelay: Duration
    /// Notifications that are handed to the endpoints together (`batch_size`).
    public var batchSize: Int
    /// How long a batch that is not full waits after its first notification (`batch_timeout`).
    public var batchTimeout: Duration
    /// Where endpoints run, and how many notifications or batches at a time.
    public var executor: RPCExecutor
    /// How long `run()` lets endpoints finish after the signal to shut down.
    public var grace: Duration

    /// Makes a configuration.
    public init(
        pool: String? = nil,
        isTemporary: Bool = false,
        allowsRequeue: Bool = false,
        requeueDelay: Duration = .milliseconds(100),
        batchSize: Int = 1,
        batchTimeout: Duration = .seconds(1),
        executor: RPCExecutor = .tasks(),
        grace: Duration = .seconds(30)
    ) {
        self.pool = pool
        self.isTemporary = isTemporary
        self.allowsRequeue = allowsRequeue
        self.requeueDelay = requeueDelay
        self.batchSize = batchSize
        self.batchTimeout = batchTimeout
        self.executor = executor
        self.grace = grace
    }
}
