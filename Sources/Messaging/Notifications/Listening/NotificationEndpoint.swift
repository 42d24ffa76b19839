// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Functions that get the notifications of some priorities, if these pass a filter.
///
///     let endpoint = try NotificationEndpoint(filter: NotificationFilter(publisherID: "^compute.*"))
///         .on(.info) { notification in print(notification.eventType) }
///         .on(.error, .critical) { notification in await page(notification) ? .handled : .requeue }
///
/// A function that throws has not handled the notification: that is logged, and counts as `requeue`. A notification can
/// come more than once, for example when the connection is lost before its acknowledgement.
public struct NotificationEndpoint: Sendable {
    /// What runs for a batch of one priority; returns the indices to put back.
    typealias Body = @Sendable ([IncomingNotification]) async throws -> Set<Int>

    struct Handler: Sendable {
        var priorities: Set<NotificationPriority>
        /// Whether a batch is given as a whole; otherwise its notifications come one by one.
        var takesBatches: Bool
        var body: Body
    }

    let filter: NotificationFilter?
    private(set) var handlers: [Handler] = []

    /// Makes an endpoint without functions.
    public init(filter: NotificationFilter? = nil) { self.filter = filter }

    // Without a preference a closure of several statements and no result would be ambiguous.
    /// The same endpoint with a function for the notifications of some priorities.
    @_disfavoredOverload
    public func on(
        _ priorities: NotificationPriority...,
        run body: @escaping @Sendable (IncomingNotification) async throws -> NotificationResult
    ) -> NotificationEndpoint {
        adding(priorities, takesBatches: false) { try await body($0[0]) == .requeue ? [0] : [] }
    }

    /// The same endpoint with a function that handles the notifications of some priorities unless it throws.
    public func on(
        _ priorities: NotificationPriority...,
        run body: @escaping @Sendable (IncomingNotification) async throws -> Void
    ) -> NotificationEndpoint {
        adding(priorities, takesBatches: false) { notifications in
            try await body(notifications[0])
            return []
        }
    }

    /// The same endpoint with a function that also gets the payload as a type; a payload that does not fit counts as an
    /// error thrown.
    public func on<Payload: Decodable & Sendable>(
        _ priorities: NotificationPriority...,
        payload type: Payload.Type,
        run body: @escaping @Sendable (IncomingNotification, Payload) async throws -> Void
    ) -> NotificationEndpoint {
        adding(priorities, takesBatches: false) { notifications in
            try await body(notifications[0], JSONSerializer().decode(type, from: notifications[0].payload))
            return []
        }
    }

    /// The same endpoint with a function for batches: notifications of one priority, in the order in which they came.
    @_disfavoredOverload
    public func onBatch(
        _ priorities: NotificationPriority...,
        run body: @escaping @Sendable ([IncomingNotification]) async throws -> NotificationBatchResult
    ) -> NotificationEndpoint {
        adding(priorities, takesBatches: true) { try await body($0).requeued(of: $0.count) }
    }

    /// The same endpoint with a function that handles batches unless it throws.
    public func onBatch(
        _ priorities: NotificationPriority...,
        run body: @escaping @Sendable ([IncomingNotification]) async throws -> Void
    ) -> NotificationEndpoint {
        adding(priorities, takesBatches: true) { notifications in
            try await body(notifications)
            return []
        }
    }

    private func adding(
        _ priorities: [NotificationPriority],
        takesBatches: Bool,
        _ body: @escaping Body
    ) -> NotificationEndpoint {
        var copy = self
        copy.handlers.append(Handler(priorities: Set(priorities), takesBatches: takesBatches, body: body))
        return copy
    }
}

/// What becomes of a notification after an endpoint has seen it (`oslo_messaging.NotificationResult`).
public enum NotificationResult: Sendable, Hashable {
    /// The next endpoint gets it; after the last one it is acknowledged.
    case handled
    /// It goes back into its queue, if the listener allows that, and no further endpoint gets it now.
    case requeue
}

/// What becomes of a batch of notifications after an endpoint has seen it.
public struct NotificationBatchResult: Sendable, Hashable {
    /// How a batch may end.
    enum Outcome: Sendable, Hashable {
        case handled
        case requeueAll
        case requeueSome(Set<Int>)
    }

    let outcome: Outcome

    /// All of them have been handled.
    public static let handled = NotificationBatchResult(outcome: .handled)

    /// All of them go back into their queues.
    public static let requeue = NotificationBatchResult(outcome: .requeueAll)

    /// Those at these indices of the batch go back into their queues, the others have been handled.
    public static func requeue(at indices: some Sequence<Int>) -> NotificationBatchResult {
        NotificationBatchResult(outcome: .requeueSome(Set(indices)))
    }

    /// The indices to put back, in a batch of so many.
    func requeued(of count: Int) -> Set<Int> {
        switch outcome {
        case .handled: []
        case .requeueAll: Set(0..<count)
        case .requeueSome(let indices): indices.filter { 0..<count ~= $0 }
        }
    }
}
