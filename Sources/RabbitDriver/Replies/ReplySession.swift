// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Messaging
internal import Names
internal import Threads

/// One life of the reply connection, from its opening to its loss.
final class ReplySession: ConnectionDelegate {
    private let link: ReplyLink
    private let connection = Guarded<Connection?>(nil)
    /// The replies that are read and not yet acknowledged.
    let settlements: ReplySettlements

    init(link: ReplyLink) {
        self.link = link
        settlements = ReplySettlements(prefetchCount: link.environment.prefetchCount)
    }

    /// Connects, declares the reply queue and consumes from it; the completion runs once.
    func open(completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void) {
        let environment = link.environment
        let connection = Connection(
            to: environment.hosts.next(purpose: "replies"),
            loop: environment.loop,
            logger: environment.logger,
            delegate: self
        )
        self.connection.withLock { $0 = connection }
        connection.start { [self] result in
            switch result {
            case .success: consume(completion: completion)
            case .failure(let error): completion(.failure(error))
            }
        }
    }

    /// Declares and consumes again on the same connection.
    func consume(completion: @escaping @Sendable (Result<Void, AMQPError>) -> Void) {
        let environment = link.environment
        guard let connection = connection.withLock({ $0 }) else { return }
        connection.perform(environment.consumption) { completion($0.map { _ in }) }
    }

    /// Drops the connection.
    func abort() { connection.withLock { $0 }?.abort() }

    /// Deletes the reply queue, which nobody will read any more, and closes.
    func deleteQueueAndClose(deadline: Moment) async {
        let queue = link.environment.queue.name
        await connection.withLock({ $0 })?.deleteQueuesAndClose([queue], deadline: deadline)
    }

    func connection(_ connection: Connection, didReceive deliveries: [Delivery]) {
        link.receive(deliveries, on: connection, self)
    }

    func connection(_ connection: Connection, consumerWasCancelled consumerTag: Name) {
        link.sessionWasCancelled(self)
    }

    // A closed channel takes the consumer with it; a new connection is the simplest way back to a known state.
    func connection(_ connection: Connection, channelDidClose channel: Int, error: AMQPError) { connection.abort() }

    func connection(_ connection: Connection, didCloseWith error: AMQPError?) {
        link.sessionDidClose(self, error)
    }
}

extension ReplyLink.Environment {
    /// The declarations of a client's listening connection, in oslo.messaging's order.
    var consumption: [ChannelMethod] {
        let qos: [ChannelMethod] = prefetchCount > 0 ? [.qos(prefetchCount: prefetchCount)] : []
        return qos + [
            .declareQueue(queue), .consume(queue: queue.name, consumerTag: "1", arguments: consumeArguments),
        ]
    }
}
