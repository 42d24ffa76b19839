// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension OutgoingReply {
    /// The body of a reply (`oslo_messaging._drivers.amqpdriver.AMQPIncomingMessage._send_reply`).
    ///
    /// - Parameters:
    ///   - messageID: the identifier of the call.
    ///   - uniqueID: a fresh one for each message, also when the same reply is sent again.
    public func body(messageID: String, uniqueID: UniqueID) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(192)
        message.append(ascii: #"{"result": "#)
        if case .result(let value) = self {
            message.append(contentsOf: value.bytes)
        } else {
            message.append(ascii: "null")
        }
        message.append(ascii: #", "failure": "#)
        if case .failure(let error) = self {
            message.append(jsonContent: error.encoded)
        } else {
            message.append(ascii: "null")
        }
        message.append(ascii: isEnding ? #", "ending": true, "_msg_id": "# : #", "ending": false, "_msg_id": "#)
        message.append(jsonString: messageID)
        message.append(ascii: #", "_unique_id": ""#)
        message.append(contentsOf: uniqueID.digits)
        message.append(ascii: #""}"#)
        return MessageEnvelope.seal(message)
    }

    /// Whether nothing of the call follows.
    public var isEnding: Bool { if case .heartbeat = self { false } else { true } }
}
