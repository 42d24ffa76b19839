// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Threads

/// A driver whose deliveries come from the test.
final class FakeDriver: ListeningDriver {
    let listener = FakeListener()
    private let handler = Guarded<(@Sendable (any IncomingMessage) -> Void)?>(nil)

    /// Hands a message to the server that listens.
    func deliver(_ message: FakeMessage) { handler.withLock { $0 }?(message) }

    func makeListener(
        on target: Target,
        handler: @escaping @Sendable (any IncomingMessage) -> Void
    ) throws(MessagingError) -> any Listener {
        guard target.topic != nil, target.server != nil else {
            throw MessagingError(.invalidTarget, "A server needs both a topic and a server name")
        }
        self.handler.withLock { $0 = handler }
        return listener
    }

    func call(
        _ request: RPCRequest,
        completion: @escaping @Sendable (Result<RPCReply, MessagingError>) -> Void
    ) -> UniqueID {
        completion(.failure(MessagingError(.undeliverable, "nobody listens here")))
        return UniqueID()
    }

    func cancel(_ id: UniqueID) {}

    func cast(_ request: RPCRequest, completion: @escaping @Sendable (Result<CastReceipt, MessagingError>) -> Void) {
        completion(.failure(MessagingError(.undeliverable, "nobody listens here")))
    }

    func inspect(
        _ target: Target,
        deadline: Moment,
        completion: @escaping @Sendable (Result<QueueStatus?, MessagingError>) -> Void
    ) {
        completion(.success(nil))
    }

    var status: DriverStatus { DriverStatus(isConnected: true) }
    func start() {}
    func shutdown(deadline: Moment) async {}
}

/// Notes what is asked of it.
final class FakeListener: Listener {
    let events = Guarded<[String]>([])

    func start() { events.withLock { $0.append("start") } }
    var isConsuming: Bool { true }
    func waitUntilConsuming(deadline: Moment) async throws(MessagingError) {}
    func stop(deadline: Moment) async { events.withLock { $0.append("stop") } }
    func close(deadline: Moment) async { events.withLock { $0.append("close") } }
}

/// A message that notes what becomes of it.
final class FakeMessage: IncomingMessage {
    let request: IncomingRequest
    let isFanout: Bool
    let isGone: Bool
    private let replyError: MessagingError?
    let events = Guarded<[String]>([])
    private let waiting = Guarded<[CheckedContinuation<Void, Never>]>([])

    init(_ request: IncomingRequest, isFanout: Bool = false, isGone: Bool = false, replyError: MessagingError? = nil) {
        self.replyError = replyError
        self.request = request
        self.isFanout = isFanout
        self.isGone = isGone
    }

    func acknowledge() -> Bool {
        note("acknowledge")
        return !isGone
    }

    func requeue() { note("requeue") }

    func reply(_ reply: OutgoingReply, completion: @escaping @Sendable (Result<Void, MessagingError>) -> Void) {
        switch reply {
        case .result(let value): note("result \(value.string)")
        case .failure(let error): note("failure \(error.className)")
        case .heartbeat: note("heartbeat")
        }
        completion(replyError.map { .failure($0) } ?? .success(()))
    }

    private func note(_ event: String) {
        events.withLock { $0.append(event) }
        for continuation in takeWaiting() { continuation.resume() }
    }

    /// Returns once so many things have become of the message.
    func events(count: Int) async -> [String] {
        while true {
            let events = events.withLock { $0 }
            if events.count >= count { return events }
            await withCheckedContinuation { continuation in
                waiting.withLock { $0.append(continuation) }
                // What came between the look and the wait would not wake it.
                guard self.events.withLock({ $0.count }) >= count else { return }
                for continuation in takeWaiting() { continuation.resume() }
            }
        }
    }

    private func takeWaiting() -> [CheckedContinuation<Void, Never>] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
