// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// The message that a driver sends to itself: shaped like a reply, to a call that nobody made.
struct Loopback: Sendable {
    let id = UniqueID()

    var body: [UInt8] {
        let inner = #"{\"result\": null, \"failure\": null, \"ending\": true, \"_msg_id\": \"\#(id.hexadecimal)\", "#
        let unique = #"\"_unique_id\": \"\#(UniqueID().hexadecimal)\"}"#
        return Array(#"{"oslo.version": "2.0", "oslo.message": "\#(inner)\#(unique)"}"#.utf8)
    }
}
