// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Names

extension PlainRequest {
    /// Why the request cannot be sent; nil when it can.
    ///
    /// What the broker is known to refuse is refused here, in words that name the fix.
    var defect: MessagingError? {
        if exchange.isOfBroker {
            let message = "The exchange \"\(exchange)\" is the broker's own and takes no messages (ACCESS_REFUSED)"
            return MessagingError(.brokerConfiguration, message)
        }
        for (name, text) in [("exchange", exchange), ("routing key", routingKey)]
        where text.utf8.count > Target.maximumNameBytes {
            return MessagingError(.invalidTarget, "The \(name) is longer than \(Target.maximumNameBytes) bytes")
        }
        if exchange.isEmpty, ([routingKey] + message.copyKeys).contains(where: \.isOfBroker) {
            let message = "Routing keys that begin with \"amq.rabbitmq.\" are the broker's own"
            return MessagingError(.brokerConfiguration, message)
        }
        return message.headers.lazy.compactMap(\.refusal).first
    }
}

extension String {
    fileprivate var isOfBroker: Bool { Name(self).isOfBroker }
}

extension PlainMessage {
    /// The routing keys that the headers add (sender-selected distribution).
    fileprivate var copyKeys: [String] {
        headers.filter { $0.name == "CC" || $0.name == "BCC" }
            .flatMap { $0.value.elements ?? [] }
            .compactMap(\.stringValue)
    }
}

extension PlainMessage.Header {
    /// Why the header cannot be sent; nil when it can.
    fileprivate var refusal: MessagingError? {
        if name.utf8.count > 128 {
            return MessagingError(.invalidRequest, "headers: a name is longer than 128 bytes (AMQP 0-9-1, field-table)")
        }
        if let defect { return MessagingError(.invalidRequest, "headers: the value of \"\(name)\" \(defect)") }
        // Sender-selected distribution: RabbitMQ routes by these two and refuses other forms (406).
        guard name == "CC" || name == "BCC" else { return nil }
        guard let keys = value.elements, keys.allSatisfy({ $0.stringValue != nil }) else {
            return MessagingError(.invalidRequest, "headers: \(name) has to be an array of routing keys")
        }
        return nil
    }
}
