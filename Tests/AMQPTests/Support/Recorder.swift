// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Names
import Threads

/// What a delegate is told, in order, as a stream.
final class Recorder: ConnectionDelegate {
    enum Event: Sendable {
        case deliveries([Delivery])
        case blocked(String)
        case unblocked
        case cancelled(Name)
        case channelClosed(AMQPError)
        case closed(AMQPError?)
    }

    let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init() {
        (events, continuation) = AsyncStream.makeStream()
    }

    func connection(_ connection: Connection, didReceive deliveries: [Delivery]) {
        continuation.yield(.deliveries(deliveries))
    }

    func connection(_ connection: Connection, didBlock reason: String) { continuation.yield(.blocked(reason)) }

    func connectionDidUnblock(_ connection: Connection) { continuation.yield(.unblocked) }

    func connection(_ connection: Connection, consumerWasCancelled consumerTag: Name) {
        continuation.yield(.cancelled(consumerTag))
    }

    func connection(_ connection: Connection, channelDidClose channel: Int, error: AMQPError) {
        continuation.yield(.channelClosed(error))
    }

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) {
        continuation.yield(.closed(error))
        continuation.finish()
    }

    /// The first result the closure finds in the events to come; nil when the connection ends before.
    func first<Result>(_ find: (Event) -> Result?) async -> Result? {
        for await event in events {
            if let result = find(event) { return result }
        }
        return nil
    }

    /// The next `count` deliveries.
    func deliveries(_ count: Int) async -> [Delivery] {
        var all: [Delivery] = []
        for await case .deliveries(let batch) in events {
            all += batch
            if all.count >= count { break }
        }
        return all
    }

    /// What the connection ended with; waits for its end.
    func ending() async -> AMQPError? {
        await first { event -> AMQPError?? in
            if case .closed(let error) = event { .some(error) } else { nil }
        } ?? nil
    }
}
