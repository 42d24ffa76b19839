// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Calls servers that speak RabbitMQ's own RPC pattern: a queue, `reply_to` and `correlation_id`, any bytes.
public struct PlainRPCClient: Sendable {
    /// The driver that carries the messages.
    public let driver: any PlainRPCDriver
    /// How long a call waits for its reply; positive.
    public var timeout: Duration
    /// How many failed attempts to reach a broker are tolerated: nil or -1 for any number (within the timeout), 0 for
    /// none.
    public var retry: Int?

    /// Makes a client.
    public init(driver: any PlainRPCDriver, timeout: Duration = .seconds(60), retry: Int? = nil) {
        self.driver = driver
        self.timeout = timeout
        self.retry = retry
    }

    /// Sends a message and waits for its reply.
    ///
    /// - Parameters:
    ///   - exchange: the exchange; empty for the default one, where the routing key is the queue's name.
    ///   - routingKey: the routing key.
    /// - Throws: `MessagingError`; `undeliverable` where no queue takes the message.
    public func call(
        exchange: String = "",
        routingKey: String,
        _ message: PlainMessage
    ) async throws(MessagingError) -> PlainMessage {
        let request = try request(exchange, routingKey, message)
        return try await withCheckedContinuation { continuation in
            driver.request(request) { continuation.resume(returning: $0) }
        }.get().message
    }

    /// Sends a message that nobody answers and returns once the broker has it in a queue.
    ///
    /// - Throws: `MessagingError`; `undeliverable` where no queue takes the message.
    public func cast(exchange: String = "", routingKey: String, _ message: PlainMessage) async throws(MessagingError) {
        let request = try request(exchange, routingKey, message)
        try await withCheckedContinuation { continuation in
            driver.send(request) { continuation.resume(returning: $0) }
        }.get()
    }

    private func request(
        _ exchange: String,
        _ routingKey: String,
        _ message: PlainMessage
    ) throws(MessagingError) -> PlainRequest {
        guard timeout > .zero else { throw MessagingError(.invalidRequest, "timeout: it has to be positive") }
        for (name, text) in [("exchange", exchange), ("routing key", routingKey)] {
            guard text.utf8.count <= Target.maximumNameBytes else {
                throw MessagingError(.invalidTarget, "The \(name) is longer than \(Target.maximumNameBytes) bytes")
            }
        }
        return PlainRequest(
            exchange: exchange,
            routingKey: routingKey,
            message: message,
            timeout: timeout,
            retry: retry
        )
    }
}
