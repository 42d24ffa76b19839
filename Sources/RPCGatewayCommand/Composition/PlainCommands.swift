// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway
internal import Messaging

/// One request of `rpc-gateway amqp`.
struct PlainCommandRequest: Sendable {
    var exchange: String
    var routingKey: String
    var body: [UInt8]
    var contentType: String?
    var headers: [(name: String, value: String)]
    /// Nil for the configured time-out.
    var timeout: Duration?
    var isCast: Bool
}

/// The composition of `amqp`: a driver and one message.
enum PlainCommands {
    /// Sends the message, prints the reply's body, and says how it ended.
    static func run(_ request: PlainCommandRequest, _ settings: Settings) async -> Outcome {
        await ClientSession.run(settings) { driver in
            guard let driver = driver as? any PlainRPCDriver else {
                throw MessagingError(.invalidRequest, "transport: this driver does not speak plain AMQP RPC")
            }
            let timeout = request.timeout ?? settings.gateway.responseTimeout
            let client = PlainRPCClient(driver: driver, timeout: timeout, retry: settings.gateway.retry)
            if request.isCast {
                try await client.cast(exchange: request.exchange, routingKey: request.routingKey, message(request))
            } else {
                let (exchange, key) = (request.exchange, request.routingKey)
                let reply = try await client.call(exchange: exchange, routingKey: key, message(request))
                StandardOutput.write(reply.body)
            }
            return .success
        }
    }

    private static func message(_ request: PlainCommandRequest) -> PlainMessage {
        PlainMessage(
            body: request.body,
            contentType: request.contentType,
            headers: request.headers.map { .init(name: $0.name, value: JSONText(string: $0.value)) }
        )
    }
}
