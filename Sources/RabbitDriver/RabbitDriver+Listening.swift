// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import ConnectionPool
public import Messaging

extension RabbitDriver: ListeningDriver {
    /// Makes a listener for a target's queues; see `ListeningDriver`.
    public func makeListener(
        on target: Target,
        handler: @escaping @Sendable (any IncomingMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        let (topic, server) = try target.validatedForListening()
        let topology = ListeningTopology(
            topic: topic,
            server: server,
            exchange: target.exchange ?? controlExchange,
            unique: UniqueID().hexadecimal,
            options: options
        )
        let (replies, maximumBytes) = (replySender, settings.maximumReplyBytes)
        return makeListener(topology) { delivery, consumer, settlement throws(UnreadableMessage) in
            handler(
                RabbitIncomingMessage(
                    request: try MessageBody.request(delivery, maximumBytes: maximumBytes),
                    isFanout: consumer?.isOwn == true,
                    settlement: settlement,
                    replies: replies
                )
            )
        }
    }

    /// Makes a listener that reads its deliveries with a closure.
    ///
    /// - Parameter inflates: whether long compressed bodies are read on a thread of their own.
    func makeListener(
        _ topology: ListeningTopology,
        stableAfter: Duration = .seconds(5),
        inflates: Bool = true,
        receive: @escaping RabbitListener.Receive
    ) -> RabbitListener {
        let environment = RabbitListener.Environment(
            hosts: hosts,
            topology: topology,
            loop: loop,
            logger: logger,
            troubles: troubles,
            inflater: inflater,
            maximumInflatedBytes: inflates ? settings.maximumReplyBytes : nil,
            // A process that only serves still publishes: its replies.
            prepare: { [connections] in connections.start() },
            receive: receive
        )
        let backoff = ReconnectBackoff(options, hostCount: hosts.count)
        let machine = ConsumerStateMachine(backoff: backoff, proof: .time(stableAfter))
        return RabbitListener(environment, machine: machine)
    }
}

extension Target {
    /// Checks that a server can listen on the target.
    fileprivate func validatedForListening() throws(MessagingError) -> (topic: String, server: String) {
        guard let topic, !topic.isEmpty, let server, !server.isEmpty else {
            throw MessagingError(.invalidTarget, "A server's target must have topic and server names specified")
        }
        // The fanout queue's name ends with 32 digits.
        let longest = max(queueName.utf8.count, fanoutExchange.utf8.count + 33, exchange?.utf8.count ?? 0)
        guard longest <= Self.maximumNameBytes else {
            throw MessagingError(.invalidTarget, "The target's names are longer than \(Self.maximumNameBytes) bytes")
        }
        return (topic, server)
    }
}
