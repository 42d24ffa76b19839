// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// One event or comment of a `text/event-stream`, as bytes.
enum ServerSentEvent {
    /// An event; `data` is one line.
    static func bytes(id: String? = nil, event: String? = nil, data: some Sequence<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        // An identifier that cannot stand on a line is left out: the client then keeps the one before it.
        if let id, !id.isEmpty, !id.utf8.contains(where: isControl) { append("id: ", id.utf8, to: &bytes) }
        if let event, !event.isEmpty { append("event: ", event.utf8, to: &bytes) }
        append("data: ", data, to: &bytes)
        bytes.append(0x0a)
        return bytes
    }

    /// A line that clients ignore.
    static func comment(_ text: String) -> [UInt8] { Array(": \(text)\n\n".utf8) }

    private static func append(_ name: String, _ value: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name.utf8)
        let start = bytes.count
        bytes.append(contentsOf: value)
        // Line ends would begin another field. In JSON they stand between tokens only, where a space means the same.
        var written = bytes.mutableSpan
        for index in start..<written.count where isControl(written[index]) { written[index] = 0x20 }
        bytes.append(0x0a)
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d || byte == 0 }
}

/// What the gateway itself tells listeners.
enum StreamNotice {
    /// The beginning of every stream: how long to wait before reconnecting, and that notifications follow.
    static let beginning = Array("retry: 2000\n: listening\n\n".utf8)

    /// Events since the last one that the listener saw may be missing.
    static func gap(after id: String) -> [UInt8] {
        let id = JSONText(string: id).string
        let detail = "What came after this event is no longer known here; some events may be missing"
        return ServerSentEvent.bytes(event: "gap", data: #"{"last_event_id":\#(id),"detail":"\#(detail)"}"#.utf8)
    }

    /// The broker was lost, or is back.
    static func interruption(isOver: Bool) -> [UInt8] {
        let detail =
            isOver
            ? "The message broker is back; notifications since the interruption come late or may be missing"
            : "The message broker cannot be reached; notifications may come late or be missing"
        let state = isOver ? "over" : "begun"
        return ServerSentEvent.bytes(
            event: "interruption",
            data: #"{"state":"\#(state)","detail":"\#(detail)"}"#.utf8
        )
    }
}
