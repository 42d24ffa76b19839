// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// The last identifiers of messages, to know a copy by (`oslo_messaging._drivers.amqp._MsgIdCache`).
///
/// As many as oslo.messaging keeps: a copy follows its original closely, and a sender that uses identifiers again, as
/// tests do, is served.
struct RecentIDs: Sendable {
    static let capacity = 16

    private var ids: [Name] = []

    /// Notes an identifier; false when it is one of the last.
    mutating func insert(_ id: String) -> Bool {
        let id = Name(id)
        guard !ids.contains(id) else { return false }
        if ids.count == Self.capacity { ids.removeFirst() }
        ids.append(id)
        return true
    }
}
