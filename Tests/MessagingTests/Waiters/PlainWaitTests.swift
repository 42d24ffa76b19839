// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Messaging

struct PlainWaitTests {
    private let waiters: ReplyWaiters
    private let request = PlainRequest(
        exchange: "",
        routingKey: "q",
        message: PlainMessage(body: []),
        timeout: .seconds(5)
    )

    init() throws { waiters = try ReplyWaiters(loop: .shared()) }

    @Test func theReplyReachesItsRequestUntouched() throws {
        defer { waiters.stop(failing: MessagingError(.shutdown, "")) }
        let (id, answer) = (UniqueID(), Guarded<PlainReply?>(nil))
        let isTaken = waiters.registerPlain(id, request) { result in answer.withLock { $0 = try? result.get() } }
        #expect(isTaken)
        #expect(waiters.plainRequest(correlationID: id.hexadecimal) == id)
        #expect(waiters.plainRequest(correlationID: "abc") == nil)
        #expect(waiters.plainRequest(correlationID: UniqueID().hexadecimal) == nil)
        let message = PlainMessage(body: [0, 255], contentType: "application/octet-stream")
        waiters.receive(message, for: id)
        #expect(answer.withLock { $0 }?.message == message)
        #expect(waiters.plainRequest(correlationID: id.hexadecimal) == nil)
        #expect(waiters.count == 0)
    }

    @Test func anEnvelopeWithItsIdentifierIsNoReply() {
        defer { waiters.stop(failing: MessagingError(.shutdown, "")) }
        let (id, ended) = (UniqueID(), Guarded(false))
        _ = waiters.registerPlain(id, request) { _ in ended.withLock { $0 = true } }
        waiters.receive(ReplyEnvelope(messageID: id, result: .null, failure: nil, isEnding: true))
        #expect(!ended.withLock { $0 })
    }

    @Test func afterTheStopNothingIsTaken() {
        waiters.stop(failing: MessagingError(.shutdown, ""))
        let error = Guarded<MessagingError?>(nil)
        let isTaken = waiters.registerPlain(UniqueID(), request) { result in
            if case .failure(let failure) = result { error.withLock { $0 = failure } }
        }
        #expect(!isTaken)
        #expect(error.withLock { $0 }?.code == .shutdown)
    }
}
