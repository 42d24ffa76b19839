//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Logging
internal import Threads

/// What a listener does with notifications that came together: drop copies, dispatch, then acknowledge or put back.
final class NotificationWork: Sendable {
    typealias Message = any IncomingNotificationMessage

    private let dispatcher: NotificationDispatcher
    private let allowsRequeue: Bool
    private let requeueDelay: Duration
    private let sleep: @Sendable (Duration) async -> Void
    private let copies: Guarded<NotificationCopies<Message>>
    private let logger: Logger

    init(
        dispatcher: NotificationDispatcher,
        configuration: NotificationListenerConfiguration,
        sleep: @escaping @Sendable (Duration) async -> Void,
        logger: Logger
    ) {
        self.dispatcher = dispatcher
        allowsRequeue = configuration.allowsRequeue
        requeueDelay = configuration.requeueDelay
        self.sleep = sleep
        // All that can have been acknowledged in vain: what was being handled when the connection was lost.
        let together = configuration.executor.workerCount * max(1, configuration.batchSize)
        copies = Guarded(NotificationCopies(capacity: min(max(RecentIDs.capacity, together), 65_536)))
        self.logger = logger
    }

    /// Handles the notifications; each is acknowledged after the endpoints have run.
    func perform(_ batch: [Message]) async {
        let messages = batch.filter(isFirst)
        guard !messages.isEmpty else { return }
        let refused = await dispatcher.dispatch(messages.map(\.notification))
        for (index, message) in messages.enumerated() where !(allowsRequeue && refused.contains(index)) {
            finish(message, isHandled: true)
        }
        guard allowsRequeue, !refused.isEmpty else { return }
        await sleep(requeueDelay * Double.random(in: 0.5...1.5))
        for index in refused.sorted() { finish(messages[index], isHandled: false) }
    }

    private func isFirst(_ message: Message) -> Bool {
        let id = message.notification.uniqueID
        switch copies.withLock({ $0.begin(id, message) }) {
        case .first: return true
        case .kept: break
        case .handled: settle(message, isHandled: true)
        }
        logger.info("a notification came twice, the second is dropped", metadata: ["unique.id": "\(id ?? "")"])
        return false
    }

    private func finish(_ message: Message, isHandled: Bool) {
        settle(message, isHandled: isHandled)
        let kept = copies.withLock { $0.finish(message.notification.uniqueID, isHandled: isHandled) }
        for copy in kept { settle(copy, isHandled: isHandled) }
    }

    private func settle(_ message: Message, isHandled: Bool) {
        // One that is out of our hands by now comes again, and is then known as a copy.
        if isHandled { _ = message.acknowledge() } else { message.requeue() }
    }
}
