// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension OutgoingReply {
    /// The body of a reply (`oslo_messaging._drivers.amqpdriver.AMQPIncomingMessage._send_reply`).
    ///
    /// - Parameters:
    ///   - messageID: the identifier of the call.
    ///   - uniqueID: a fresh one for each message, even when the same reply is sent again.
    public func body(messageID: String, uniqueID: UniqueID) -> [UInt8] {
        guard case .failure(let error) = self else { return succeeded(messageID, uniqueID) }
        var message: [UInt8] = []
        message.append(ascii: #"{"result": null, "failure": "#)
        message.append(jsonContent: error.encoded)
        message.append(ascii: #", "ending": true, "_msg_id": "#)
        message.append(jsonString: messageID)
        message.append(ascii: #", "_unique_id": ""#)
        message.append(contentsOf: uniqueID.digits)
        message.append(ascii: #""}"#)
        return MessageEnvelope.seal(message)
    }

    /// The body for a result or a heartbeat, whose message needs no array of its own.
    private func succeeded(_ messageID: String, _ uniqueID: UniqueID) -> [UInt8] {
        let value = if case .result(let value) = self { value } else { JSONText.null }
        // What is the same for all replies takes fewer bytes than 192.
        let capacity = 192 + RequestEnvelope.innerCapacity(messageID) + JSONString.escapedCapacity(value)
        return [UInt8].filled(capacity: capacity) { output in
            output.append(ascii: #"{"oslo.version": "2.0", "oslo.message": "{\"result\": "#)
            JSONString.escape(value.bytes.span, into: &output)
            output.append(ascii: #", \"failure\": null, \"ending\": "#)
            output.append(ascii: isEnding ? "true" : "false")
            output.append(ascii: #", \"_msg_id\": "#)
            output.append(innerString: messageID)
            output.append(ascii: #", \"_unique_id\": \""#)
            uniqueID.append(to: &output)
            output.append(ascii: #"\"}"}"#)
        }
    }

    /// Whether nothing follows it in the call.
    public var isEnding: Bool { if case .heartbeat = self { false } else { true } }
}
