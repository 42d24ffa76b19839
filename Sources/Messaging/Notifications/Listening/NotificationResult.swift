// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

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

    /// The indices to put back, of a batch of so many.
    func requeued(of count: Int) -> Set<Int> {
        switch outcome {
        case .handled: []
        case .requeueAll: Set(0..<count)
        case .requeueSome(let indices): indices.filter { 0..<count ~= $0 }
        }
    }
}
