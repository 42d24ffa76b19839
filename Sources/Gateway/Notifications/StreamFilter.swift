// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// Which notifications a listener wants, by patterns that a client may give: unlike regular expressions they cannot take
/// exponential time.
struct StreamFilter: Sendable, Equatable {
    /// One of them has to match the event type; empty for all.
    var eventTypes: [Glob] = []
    /// One of them has to match the publisher; empty for all.
    var publisherIDs: [Glob] = []

    func matches(_ event: NotificationEvent) -> Bool {
        (eventTypes.isEmpty || eventTypes.contains { $0.matches(event.eventType) })
            && (publisherIDs.isEmpty || publisherIDs.contains { $0.matches(event.publisherID) })
    }
}
