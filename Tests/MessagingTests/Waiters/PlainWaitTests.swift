// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Messaging

struct PlainWaitTests {
    private let waiters: ReplyWaiters

    init() throws { waiters = try ReplyWaiters(loop: .shared()) }

    private func register(_ id: UniqueID, _ completion: @escaping Awaited.Completion<PlainReply>) -> Bool {
        waiters.register(id, .message(completion), deadline: .now + .seconds(5), timeout: .seconds(5))
    }

    @Test func theReplyReachesItsRequestUntouched() throws {
        defer { waiters.stop(failing: MessagingError(.shutdown, "")) }
        let (id, answer) = (UniqueID(), Guarded<PlainReply?>(nil))
        let isTaken = register(id) { result in answer.withLock { $0 = try? result.get() } }
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
        _ = register(id) { _ in ended.withLock { $0 = true } }
        waiters.receive(ReplyEnvelope(messageID: id, result: .null, failure: nil, isEnding: true))
        #expect(!ended.withLock { $0 })
    }

    @Test func aConfirmEndsWhatWaitsForOneAndNothingElse() {
        defer { waiters.stop(failing: MessagingError(.shutdown, "")) }
        let (plain, cast, look) = (UniqueID(), UniqueID(), UniqueID())
        let ended = Guarded<[UniqueID]>([])
        let deadline = Moment.now + .seconds(5)
        _ = register(plain) { _ in ended.withLock { $0.append(plain) } }
        let isConfirmed = Awaited.confirm { _ in ended.withLock { $0.append(cast) } }
        #expect(waiters.register(cast, isConfirmed, deadline: deadline, timeout: .seconds(5)))
        let isSeen = Awaited.status { status in ended.withLock { $0 += (try? status.get()) == nil ? [] : [look] } }
        #expect(waiters.register(look, isSeen, deadline: deadline, timeout: .seconds(5)))
        for id in [plain, cast, look] { waiters.confirm(id) }
        #expect(ended.withLock { $0 } == [cast])
        for id in [plain, look] { waiters.receive(QueueStatus(consumerCount: 1, messageCount: 0), for: id) }
        #expect(ended.withLock { $0 } == [cast, look])
        #expect(waiters.count == 1)
    }

    @Test func afterTheStopNothingIsTaken() {
        waiters.stop(failing: MessagingError(.shutdown, ""))
        let error = Guarded<MessagingError?>(nil)
        let isTaken = register(UniqueID()) { result in
            if case .failure(let failure) = result { error.withLock { $0 = failure } }
        }
        #expect(!isTaken)
        #expect(error.withLock { $0 }?.code == .shutdown)
    }
}
