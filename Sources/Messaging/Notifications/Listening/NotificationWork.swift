// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Threads

/// What becomes of the notifications that a listener gets: copies are dropped; the others are dispatched, and then
/// acknowledged or put back.
final class NotificationWork: Sendable {
    typealias Message = any IncomingNotificationMessage

    private let dispatcher: NotificationDispatcher
    private let allowsRequeue: Bool
    private let requeueDelay: Duration
    private let sleep: @Sendable (Duration) async -> Void
    private let copies = Guarded(NotificationCopies<Message>())
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
        self.logger = logger
    }

    /// Looks at a notification when it comes; false for a copy, which has then been taken care of.
    ///
    /// What is admitted is either performed or given back.
    func admit(_ message: Message) -> Bool {
        let id = message.notification.uniqueID
        switch copies.withLock({ $0.begin(id, message) }) {
        case .first: return true
        case .kept: break
        case .handled: settle(message, isHandled: true)
        }
        logger.debug("a notification came twice, the second is dropped", metadata: ["unique.id": "\(id ?? "")"])
        return false
    }

    /// Handles notifications that came together; each is acknowledged after the endpoints have run.
    func perform(_ messages: [Message]) async {
        let refused = await dispatcher.dispatch(messages.map(\.notification))
        for (index, message) in messages.enumerated() where !(allowsRequeue && refused.contains(index)) {
            finish(message, isHandled: true)
        }
        guard allowsRequeue, !refused.isEmpty else { return }
        await sleep(requeueDelay * Double.random(in: 0.5...1.5))
        for index in refused.sorted() { giveBack(messages[index]) }
    }

    /// Puts a notification back into its queue.
    func giveBack(_ message: Message) { finish(message, isHandled: false) }

    private func finish(_ message: Message, isHandled: Bool) {
        // Noted first: one that was put back can be here again before `requeue` returns.
        let kept = copies.withLock { $0.finish(message.notification.uniqueID, isHandled: isHandled) }
        for copy in [message] + kept { settle(copy, isHandled: isHandled) }
    }

    private func settle(_ message: Message, isHandled: Bool) {
        // One that is out of our hands by now comes again, and is then recognised as a copy.
        if isHandled { _ = message.acknowledge() } else { message.requeue() }
    }
}
