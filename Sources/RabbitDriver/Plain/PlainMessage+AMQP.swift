// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging

extension PlainMessage {
    /// The message of a delivery: its body and those of its properties that belong to the application.
    init(_ delivery: Delivery) {
        let properties = delivery.properties
        self.init(
            body: delivery.body,
            contentType: properties.contentType,
            contentEncoding: properties.contentEncoding,
            headers: (properties.headers?.entries ?? []).map { Header(name: $0.key, value: $0.value.json) },
            isPersistent: properties.deliveryMode == 2,
            priority: properties.priority,
            messageID: properties.messageID,
            type: properties.type,
            appID: properties.appID,
            timestamp: properties.timestamp
        )
        hasMoreHeaders = properties.headers?.isCut ?? false
    }
}

extension Properties {
    /// The properties of a plain message; without headers there is no table.
    init(_ message: PlainMessage, correlationID: String? = nil, replyTo: String? = nil) {
        let headers = message.headers.map { FieldTable.Entry(key: $0.name, value: FieldValue($0.value)) }
        self.init(
            contentType: message.contentType,
            contentEncoding: message.contentEncoding,
            headers: headers.isEmpty ? nil : FieldTable(entries: headers),
            deliveryMode: message.isPersistent ? 2 : 1,
            priority: message.priority,
            correlationID: correlationID,
            replyTo: replyTo,
            messageID: message.messageID,
            timestamp: message.timestamp,
            type: message.type,
            appID: message.appID
        )
    }
}
