// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import HTTPServer
internal import Messaging
internal import Threads

/// A notification as its HTTP request describes it.
struct NotificationRequest {
    var notification: OutgoingNotification
    var timeout: Duration

    /// Reads path, query, header fields and body.
    ///
    /// - Throws: the problem of the first part that is wrong.
    init(
        topic: String,
        eventType: String,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        _ configuration: GatewayConfiguration
    ) throws(Problem) {
        let query = try QueryParameters(request.head.query, known: ["priority", "exchange", "publisher_id"])
        try NotificationNames.checkTopic(topic)
        try NotificationNames.checkLength(eventType, "path: the event type")
        try NotificationNames.checkExchange(query["exchange"])
        try NotificationNames.checkLength(query["publisher_id"], "query: publisher_id")
        try CallRequest.checkContentType(request.head, configuration.crossOrigin)
        let fields = try CallFields(request.head.fields, identity: identity, configuration: configuration)
        timeout = fields.timeout
        notification = OutgoingNotification(
            exchange: query["exchange"],
            topic: topic,
            priority: try NotificationNames.priority(query["priority"] ?? "info"),
            messageID: UniqueID().dashed,
            publisherID: query["publisher_id"] ?? configuration.notifications.publisherID ?? Self.ownPublisherID,
            eventType: eventType,
            payload: try Self.payload(request.body),
            timestamp: NotificationTimestamp.text(),
            context: fields.context,
            deadline: identity.started.advanced(by: fields.timeout),
            retry: configuration.retry
        )
    }

    /// Gives it no more time than that.
    mutating func limit(to longest: Duration, _ identity: RequestIdentity) {
        timeout = min(timeout, longest)
        notification.deadline = identity.started.advanced(by: timeout)
    }

    private static let ownPublisherID = "rpc-gateway.\(HostName.current)"

    /// Any JSON value; nothing at all is an empty object, as with calls.
    private static func payload(_ body: [UInt8]) throws(Problem) -> JSONText {
        guard !body.isEmpty else { return .emptyObject }
        do {
            return try JSONText(body)
        } catch {
            throw .invalidRequest("body: the payload is a JSON value; \(error)")
        }
    }
}

/// The name of this machine.
enum HostName {
    /// The kernel's name for it; `localhost` when it has none.
    static let current: String = {
        // 65 bytes hold the longest name that Linux takes, and its end.
        var name = [CChar](repeating: 0, count: 65)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.isEmpty ? "localhost" : text
    }()
}
