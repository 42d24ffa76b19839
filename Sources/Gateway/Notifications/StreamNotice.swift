// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// What the gateway itself tells listeners.
enum StreamNotice {
    /// The beginning of every stream: how long to wait before a reconnect, and that notifications come from now on.
    static let beginning = Array("retry: 2000\n: listening\n\n".utf8)

    /// Events between the one that the listener saw last and now may be missing.
    static func gap(after id: String) -> [UInt8] {
        let id = JSONText(string: id).string
        let detail = "What came after this event is not known here any more; some events may be missing"
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
