// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing
import Threads

@testable import Messaging

struct GatheringTests {
    private let start = Moment.now
    private let id = UniqueID()
    private let gathered = Guarded<Result<GatheredReplies, MessagingError>?>(nil)

    private func state(minimum: Int? = nil, stage: MessagingError.Stage = .reply) -> ReplyWaitersState {
        var state = ReplyWaitersState()
        let awaited = Awaited.replies(minimum: minimum) { [gathered] result in gathered.withLock { $0 = result } }
        let deadline = start + .seconds(5)
        state.register(id, ReplyWaiter(awaited, started: start, deadline: deadline, timeout: .seconds(5)))
        _ = state.advance(id, to: stage, now: start)
        return state
    }

    private func reply(_ result: String, isEnding: Bool = true) throws -> ReplyEnvelope {
        ReplyEnvelope(messageID: id, result: try JSONText(result), failure: nil, isEnding: isEnding)
    }

    private func outcome(_ ended: EndedWait?) throws -> GatheredReplies {
        try #require(ended).complete()
        return try #require(gathered.withLock { $0 }).get()
    }

    @Test func repliesAreCollectedUntilTheDeadline() throws {
        var state = state()
        for number in 1...3 { #expect(state.receive(try reply("\(number)"), now: start) == nil) }
        let replies = try outcome(state.expire(now: start + .seconds(5)).first)
        #expect(try replies.replies.map { try $0.get().string } == ["1", "2", "3"])
        #expect(!replies.isComplete)
        #expect(state.count == 0)
    }

    @Test func theMinimumEndsTheCollection() throws {
        var state = state(minimum: 2)
        #expect(state.receive(try reply("1"), now: start) == nil)
        let replies = try outcome(state.receive(try reply("2"), now: start))
        #expect(replies.isComplete)
        #expect(replies.replies.count == 2)
        #expect(state.receive(try reply("3"), now: start) == nil)
    }

    @Test func noReplyIsAnAnswerToo() throws {
        var state = state(minimum: 1)
        let replies = try outcome(state.expire(now: start + .seconds(5)).first)
        #expect(replies.replies.isEmpty)
        #expect(!replies.isComplete)
    }

    @Test func heartbeatsAreNoReplies() throws {
        var state = state(minimum: 1)
        #expect(state.receive(try reply("null", isEnding: false), now: start) == nil)
        #expect(try outcome(state.receive(try reply("null"), now: start)).replies.count == 1)
    }

    @Test func aFailureOfOneServerIsOneOfTheReplies() throws {
        var state = state(minimum: 3)
        let remote = RemoteError(module: "m", className: "C", message: "x")
        let failure = ReplyEnvelope(messageID: id, result: .null, failure: .exception(remote), isEnding: true)
        #expect(state.receive(failure, now: start) == nil)
        let unreadable = ReplyEnvelope(messageID: id, result: .null, failure: .unreadable, isEnding: true)
        #expect(state.receive(unreadable, now: start) == nil)
        let bad = MessagingError(.badReply, "not JSON", execution: .yes)
        let replies = try outcome(state.fail(id, with: bad, now: start)).replies
        #expect(replies.count == 3)
        #expect(throws: remote) { try replies[0].get() }
        #expect(replies.allSatisfy { (try? $0.get()) == nil })
    }

    @Test func aRequestThatWasNotSentFails() throws {
        var state = state(stage: .connect)
        try #require(state.expire(now: start + .seconds(5)).first).complete()
        #expect(throws: MessagingError.self) { try gathered.withLock { $0 }?.get() }
        #expect(state.count == 0)
    }

    @Test func aReplyBeforeTheConfirmCounts() throws {
        var state = state(stage: .publish)
        #expect(state.receive(try reply("1"), now: start) == nil)
        let lost = MessagingError(.deliveryUnknown, "", execution: .maybe, stage: .publish)
        #expect(state.fail(id, with: lost, now: start) == nil)
        #expect(try outcome(state.expire(now: start + .seconds(5)).first).replies.count == 1)
    }

    @Test func theNumberAndTheBytesAreBounded() throws {
        var collection = ReplyCollection(minimum: 20_000)
        for _ in 0..<ReplyCollection.maximumCount { collection.add(try reply("1")) }
        #expect(collection.isOver)
        #expect(!collection.isComplete)
        var large = ReplyCollection(minimum: nil)
        let text = try JSONText("\"" + String(repeating: "x", count: 16 << 20) + "\"")
        for _ in 0..<4 { large.add(.success(text)) }
        #expect(large.isOver)
        #expect(large.replies.count == 3)
    }

    /// Each is within its own bound, and all of them together are not.
    @Test func gathersShareTheirMemory() throws {
        let memory = GatherMemory(limit: 100_000)
        let text = try JSONText("\"" + String(repeating: "x", count: 30_000) + "\"")
        var collections = (0..<4).map { _ in ReplyCollection(minimum: nil, memory: memory) }
        for index in collections.indices { collections[index].add(.success(text)) }
        #expect(collections.map(\.isOver) == [false, false, false, true])
        #expect(collections.map(\.replies.count) == [1, 1, 1, 0])
        #expect(!collections[3].isComplete)
        #expect(memory.bytes == 3 * (30_002 + ReplyCollection.bytesPerReply))
        // A smaller reply has room still, and then nothing has.
        collections[0].add(.success(try JSONText("\"" + String(repeating: "x", count: 8_900) + "\"")))
        #expect(collections[0].replies.count == 2)
        #expect(memory.isFull)
    }

    @Test func whatAGatherTookIsFreeOnceItsRepliesAreGone() throws {
        let memory = GatherMemory(limit: 1_000)
        var collection: ReplyCollection? = ReplyCollection(minimum: nil, memory: memory)
        collection?.add(.success(.null))
        var gathered: GatheredReplies? = GatheredReplies(
            replies: [],
            isComplete: false,
            messageID: id,
            publishDuration: .zero
        )
        gathered?.share = collection?.share
        collection = nil
        #expect(memory.bytes == ReplyCollection.bytesPerReply + 4)
        gathered = nil
        #expect(memory.bytes == 0)
    }

    @Test func repliesThatAreToldTakeTheirShareAlong() throws {
        var state = state(minimum: 1)
        let replies = try outcome(state.receive(try reply("1"), now: start))
        #expect(replies.share != nil)
    }

    /// Messages of a megabyte around results of a byte: thousands of them are kept, and nothing of the messages is.
    @Test func aSmallResultKeepsNothingOfItsMessage() throws {
        let padding = String(repeating: "x", count: 1 << 20)
        let body = #"{"padding": "\#(padding)", "result": 1, "ending": true, "_msg_id": "\#(id.hexadecimal)"}"#
        var collection = ReplyCollection(minimum: nil)
        for _ in 0..<100 { collection.add(try ReplyEnvelope(Array(body.utf8))) }
        #expect(collection.replies.count == 100)
        #expect(!collection.isOver)
        // A slice of its own memory begins at zero; one of the message would begin behind the padding.
        #expect(try collection.replies.allSatisfy { try $0.get().bytes.indices == 0..<1 })
    }

    @Test func aFailureCountsWithAllItsTexts() throws {
        let lines = Array(repeating: String(repeating: "x", count: 10_000), count: 4_000)
        let remote = RemoteError(module: "m", className: "C", traceback: lines)
        var collection = ReplyCollection(minimum: nil)
        for _ in 0..<3 { collection.add(.failure(remote)) }
        #expect(collection.replies.count == 1)
        #expect(collection.isOver)
    }

    @Test func aShutdownFailsIt() throws {
        var state = state()
        _ = state.receive(try reply("1"), now: start)
        for ended in state.failAll(with: MessagingError(.shutdown, "")) { ended.complete() }
        #expect(throws: MessagingError.self) { try gathered.withLock { $0 }?.get() }
        #expect(state.count == 0)
    }
}
