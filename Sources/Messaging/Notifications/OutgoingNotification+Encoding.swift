// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension OutgoingNotification {
    /// The body of the message, with or without the envelope as `format` says
    /// (`oslo_messaging._drivers.amqpdriver.AMQPDriverBase.send_notification`).
    ///
    /// Keys stand in the order in which oslo.messaging emits them. The payload and the context's values keep their bytes;
    /// the other strings are written in ASCII, as Python writes them.
    ///
    /// - Parameter uniqueID: what copies of the message have in common and no other message has; the same one when it
    ///   is published again.
    public func body(uniqueID: UniqueID) -> [UInt8] {
        switch format {
        case .messaging: message(uniqueID)
        case .messagingv2: MessageEnvelope.seal(message(uniqueID))
        }
    }

    private func message(_ uniqueID: UniqueID) -> [UInt8] {
        var message: [UInt8] = []
        let entries = context.allEntries
        message.reserveCapacity(384 + payload.bytes.count + entries.count * 64)
        message.append(ascii: #"{"message_id": "#)
        message.append(asciiString: messageID)
        message.append(ascii: #", "publisher_id": "#)
        message.append(asciiString: publisherID)
        message.append(ascii: #", "event_type": "#)
        message.append(asciiString: eventType)
        message.append(ascii: #", "priority": "#)
        message.append(asciiString: priority.wireName)
        message.append(ascii: #", "payload": "#)
        message.append(contentsOf: payload.bytes)
        message.append(ascii: #", "timestamp": "#)
        message.append(asciiString: timestamp)
        message.append(ascii: #", "_unique_id": ""#)
        message.append(contentsOf: uniqueID.digits)
        message.append(0x22)
        for entry in entries { message.append(entry) }
        message.append(0x7d)
        return message
    }
}

extension [UInt8] {
    /// Appends a string as a JSON string of ASCII characters only, quotes included, as Python's `json.dumps` does.
    mutating func append(asciiString text: String) {
        append(0x22)
        appendASCII(text)
        append(0x22)
    }

    fileprivate mutating func append(_ entry: RequestContext.Entry) {
        append(ascii: #", "_context_"#)
        appendASCII(entry.key)
        append(ascii: #"": "#)
        append(contentsOf: entry.value.bytes)
    }

    private mutating func appendASCII(_ text: String) {
        // ASCII is escaped where it has to be, except for DEL; of everything else each UTF-16 unit becomes an escape.
        for unit in JSONText(string: text).string.utf16.dropFirst().dropLast() {
            if let byte = UInt8(exactly: unit), byte < 0x7f { append(byte) } else { append(escaped: unit) }
        }
    }

    private mutating func append(escaped unit: UInt16) {
        append(ascii: #"\u"#)
        for shift in [12, 8, 4, 0] { append(hexadecimalDigit(UInt8(unit >> UInt16(shift) & 15))) }
    }
}
