// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway

extension SettingsTable {
    /// What is served besides calls.
    static let features = operations + idempotency + jsonRPC + plainAMQP + notifications

    private static let operations: [Setting] = [
        .milliseconds(
            "operations.timeToLiveMs",
            \.gateway.operationTimeToLive,
            1000...longest,
            "How long the answer to a request with Prefer: respond-async is kept"
        ).reloadable(),
        .integer(
            "operations.max",
            \.gateway.maximumOperations,
            1...1_000_000,
            "Operations at a time, running or kept, half of them from one client at most; more are refused"
        ).reloadable(),
        .integer(
            "operations.maxBytes",
            \.gateway.maximumOperationBytes,
            1024...1_099_511_627_776,
            "Bytes of all kept answers of operations, half of them for one client at most; its oldest go"
        ).reloadable(),
    ]

    private static let idempotency: [Setting] = [
        .milliseconds(
            "idempotency.timeToLiveMs",
            \.gateway.idempotencyTimeToLive,
            1000...longest,
            "How long an Idempotency-Key is remembered after its request was answered"
        ).reloadable(),
        .integer(
            "idempotency.max",
            \.gateway.maximumIdempotencyKeys,
            1...1_000_000,
            "Idempotency keys at a time, half of them from one client at most; new ones are refused"
        ).reloadable(),
        .integer(
            "idempotency.maxBytes",
            \.gateway.maximumIdempotencyBytes,
            1024...1_099_511_627_776,
            "Bytes of all answers that are kept under keys, half of them for one client at most; its oldest go, not the keys"
        ).reloadable(),
    ]

    private static let jsonRPC: [Setting] = [
        .integer("jsonrpc.maxBatch", \.gateway.maximumBatch, 1...100_000, "Entries of a batch").reloadable(),
        .integer(
            "jsonrpc.parallel",
            \.gateway.batchParallelism,
            1...1000,
            "Entries of one batch that run at a time"
        ).reloadable(),
        .integer(
            "jsonrpc.maxBytes",
            \.gateway.maximumBatchResponseBytes,
            1024...1_099_511_627_776,
            "Bytes of all answers of one batch"
        ).reloadable(),
    ]

    private static let plainAMQP: [Setting] = [
        .boolean(
            "amqp.enabled",
            \.gateway.acceptsPlainAMQP,
            "Send plain AMQP messages to any exchange that the broker lets the gateway use"
        ).reloadable()
    ]

    private static let notifications: [Setting] = [
        .custom(
            "notifications.publisherId",
            \.gateway.notifications.publisherID,
            type: "text",
            allowed: "up to 255 characters",
            "Who notifies when a request names nobody; auto is rpc-gateway.HOST"
        ) {
            if $0 == "auto" { return .some(nil) }
            return $0.utf8.count <= 255 ? .some($0) : nil
        } text: {
            $0 ?? "auto"
        }.reloadable(),
        .integer(
            "notifications.maxListeners",
            \.gateway.notifications.maximumListeners,
            1...100_000,
            "Streams of notifications at a time, half of the connections at most"
        ).reloadable(),
        .integer(
            "notifications.bufferBytes",
            \.gateway.notifications.bufferBytes,
            65_536...1_073_741_824,
            "Bytes that may wait for a listener; one that is slower loses its stream"
        ).reloadable(),
        .integer(
            "notifications.maxQueues",
            \.gateway.notifications.maximumQueues,
            1...1_000_000,
            "Topics with their priorities that clients may notify, as each makes a queue at the broker; queues that are there do not count"
        ).reloadable(),
        .milliseconds(
            "notifications.heartbeatMs",
            \.gateway.notifications.heartbeat,
            100...3_600_000,
            "The time between two comments that keep a stream alive"
        ).reloadable(),
        .integer(
            "notifications.replayed",
            \.gateway.notifications.replayedEvents,
            0...100_000,
            "Events kept for listeners that come back with Last-Event-ID"
        ).reloadable(),
        .boolean(
            "notifications.pools",
            \.gateway.notifications.acceptsPools,
            "Listeners may name a pool, which is any queue at the broker, and take what is in it"
        ).reloadable(),
    ]
}
