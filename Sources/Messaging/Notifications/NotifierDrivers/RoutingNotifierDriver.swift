// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Gives each notification to the drivers whose rules accept it (the driver `routing`).
///
///     try RoutingNotifierDriver(
///         groups: [
///             "telemetry": ["messagingv2": RoutingRule(acceptedEvents: ["compute.instance.*"])],
///             "operators": ["log": RoutingRule(acceptedPriorities: ["error", "critical"])],
///         ],
///         drivers: [MessagingNotifierDriver(driver: rabbit), LogNotifierDriver()]
///     )
public struct RoutingNotifierDriver: NotifierDriver {
    /// `routing`.
    public let name = "routing"
    private let groups: [String: [String: RoutingRule]]  // names: our own
    private let drivers: [any NotifierDriver]

    /// Makes a driver.
    ///
    /// - Parameters:
    ///   - groups: for each group the rules of its drivers, by the drivers' names, as in the YAML of `routing_config`.
    ///     A driver that several groups choose gets the notification once.
    ///   - drivers: the drivers that the rules name.
    /// - Throws: `invalidRequest` for a rule whose driver is not there.
    public init(
        groups: [String: [String: RoutingRule]],  // names: our own
        drivers: [any NotifierDriver]
    ) throws(MessagingError) {
        let known = Set(drivers.map(\.name))
        for (group, rules) in groups {
            guard let unknown = rules.keys.first(where: { !known.contains($0) }) else { continue }
            let names = known.sorted().joined(separator: ", ")
            throw MessagingError(.invalidRequest, "group \(group): there is no driver \"\(unknown)\", only \(names)")
        }
        self.groups = groups
        self.drivers = drivers
    }

    /// The names of the drivers that get a notification.
    func driverNames(eventType: String, priority: NotificationPriority) -> Set<String> {  // names: our own
        var names: Set<String> = []  // names: our own
        for rules in groups.values {
            for (name, rule) in rules where rule.accepts(eventType: eventType, priority: priority) {
                names.insert(name)
            }
        }
        return names
    }

    /// Sends to the drivers that the rules choose.
    ///
    /// - Throws: `NotifierError` with the drivers that did not send it.
    public func notify(_ notification: NotificationMessage) async throws {
        let names = driverNames(eventType: notification.eventType, priority: notification.priority)
        try await drivers.filter { names.contains($0.name) }.notify(notification)
    }
}

/// Which notifications a driver gets, as a routing configuration of oslo.messaging has it.
///
/// Patterns are those of shells (`*`, `?`, `[a-z]`, `[!a-z]`). Nil lets everything pass, an empty list nothing.
public struct RoutingRule: Sendable, Hashable, Codable {
    /// Patterns, one of which the event type has to match.
    public var acceptedEvents: [String]?
    /// Patterns, one of which the priority, in lower case, has to match.
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
