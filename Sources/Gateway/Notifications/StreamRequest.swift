// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging
internal import Names

/// A stream of notifications as its HTTP request asks for it.
struct StreamRequest: Sendable {
    var source: SubscriptionKey
    var filter: StreamFilter
    /// The last event seen by a listener that comes back.
    var lastEventID: Name?

    /// Reads path, query and header fields.
    ///
    /// - Throws: the problem of the first part that is wrong.
    init(topic: String, _ head: RequestHead, _ configuration: NotificationConfiguration) throws(Problem) {
        let query = try QueryParameters(
            head.query,
            known: ["priority", "event_type", "publisher_id", "exchange", "pool"]
        )
        try NotificationNames.checkTopic(topic)
        try NotificationNames.checkExchange(query["exchange"])
        source = SubscriptionKey(
            exchange: query["exchange"],
            topic: topic,
            priorities: try Self.priorities(query["priority"]),
            pool: try Self.pool(query["pool"], topic: topic, configuration)
        )
        filter = StreamFilter(
            eventTypes: try Self.patterns(query["event_type"], "event_type"),
            publisherIDs: try Self.patterns(query["publisher_id"], "publisher_id")
        )
        lastEventID = head.fields["Last-Event-ID"].flatMap { $0.isEmpty ? nil : Name($0) }
    }

    /// Priorities in the order of their definition, so that the same ones are one subscription, however they are
    /// written.
    private static func priorities(_ text: String?) throws(Problem) -> [NotificationPriority] {
        guard let text else { return NotificationPriority.allCases }
        var named: Set<NotificationPriority> = []
        for name in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            named.insert(try NotificationNames.priority(String(Substring(name))))
        }
        return NotificationPriority.allCases.filter(named.contains)
    }

    private static func patterns(_ text: String?, _ name: String) throws(Problem) -> [ShellPattern] {
        try NotificationNames.checkLength(text, "query: \(name)")
        guard let text else { return [] }
        return text.utf8.split(separator: UInt8(ascii: ",")).map {
            ShellPattern(String(Substring($0)), takesSets: false)
        }
    }

    /// A pool is a queue, so those that are known to be somebody else's are refused.
    private static func pool(
        _ name: String?,
        topic: String,
        _ configuration: NotificationConfiguration
    ) throws(Problem) -> String? {
        guard let name else { return nil }
        guard configuration.acceptsPools else {
            throw .forbidden("query: pool cannot be named at this gateway (notifications.pools)")
        }
        try NotificationNames.checkLength(name, "query: pool")
        let reserved = ["amq.", "reply_", SubscriptionKey.temporaryPrefix]
        let others = [topic] + NotificationPriority.allCases.map { "\(topic).\($0.rawValue)" }
        guard !others.contains(where: name.isSame), !reserved.contains(where: Name(name).hasPrefix) else {
            throw .invalidRequest("query: pool \"\(name)\" is the name of a queue that is not a pool's; choose another")
        }
        return name
    }
}

/// Which notifications a listener wants, by patterns that a client may give: unlike regular expressions they cannot take
/// exponential time.
struct StreamFilter: Sendable, Equatable {
    /// One of them has to match the event type; empty for all.
    var eventTypes: [ShellPattern] = []
    /// One of them has to match the publisher; empty for all.
    var publisherIDs: [ShellPattern] = []

    func matches(_ event: NotificationEvent) -> Bool {
        (eventTypes.isEmpty || eventTypes.contains { $0.matches(event.eventType) })
            && (publisherIDs.isEmpty || publisherIDs.contains { $0.matches(event.publisherID) })
    }
}
