// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Which notifications a driver gets, as a routing configuration of oslo.messaging has it.
///
/// Patterns are those of shells (`*`, `?`, `[a-z]`, `[!a-z]`). What is nil lets everything pass; an empty list nothing.
public struct RoutingRule: Sendable, Hashable, Codable {
    /// Patterns of which the event type has to match one.
    public var acceptedEvents: [String]?
    /// Patterns of which the priority, in lower case, has to match one.
    public var acceptedPriorities: [String]?

    /// Makes a rule.
    public init(acceptedEvents: [String]? = nil, acceptedPriorities: [String]? = nil) {
        self.acceptedEvents = acceptedEvents
        self.acceptedPriorities = acceptedPriorities
    }

    private enum CodingKeys: String, CodingKey {
        case acceptedEvents = "accepted_events"
        case acceptedPriorities = "accepted_priorities"
    }

    /// Whether a notification passes.
    public func accepts(eventType: String, priority: NotificationPriority) -> Bool {
        let events = acceptedEvents?.contains { ShellPattern($0).matches(eventType) }
        let priorities = acceptedPriorities?.contains { ShellPattern($0.lowercased()).matches(priority.rawValue) }
        return events ?? true && priorities ?? true
    }
}
