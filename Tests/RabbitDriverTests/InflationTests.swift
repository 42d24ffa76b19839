// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Compression
import Messaging
import Testing
import Threads

@testable import RabbitDriver

/// Long compressed bodies are inflated by another thread, in their order, and no more of them than have room.
@Suite(.timeLimit(.minutes(1)))
struct InflationTests {
    private typealias Delivered = Result<ReplyEnvelope, ReplyEnvelopeError>

    /// Replies that are read on a loop, and what is delivered of them.
    private final class Bench: Sendable {
        private let owned: OwnedLoop
        let replies: CompressedReplies
        let delivered: AsyncStream<Delivered>
        private let count = Guarded(0)

        init(maximumBytes: Int = 64 << 20, maximumWaitingBytes: Int = 64 << 20) throws {
            let owned = try OwnedLoop(nil, name: "test")
            self.owned = owned
            let (stream, continuation) = AsyncStream.makeStream(of: Delivered.self)
            delivered = stream
            replies = CompressedReplies(
                loop: owned.loop,
                inflater: Inflater(),
                maximumBytes: maximumBytes,
                maximumWaitingBytes: maximumWaitingBytes
            ) { [count] result in
                #expect(EventLoop.current === owned.loop)
                count.withLock { $0 += 1 }
                continuation.yield(result)
            }
        }

        /// Reads bodies in one turn of the loop; gives what is wrong with each, and how many were delivered within the turn.
        func read(_ bodies: [[UInt8]], _ format: BodyCompression.Format = .zlib) async -> (
            errors: [ReplyEnvelopeError.Kind?], atOnce: Int
        ) {
            await withCheckedContinuation { continuation in
                owned.loop.execute { [self] in
                    let errors = bodies.map { body -> ReplyEnvelopeError.Kind? in
                        do throws(ReplyEnvelopeError) { try replies.read(body, format) } catch { return error.kind }
                        return nil
                    }
                    continuation.resume(returning: (errors, count.withLock { $0 }))
                }
            }
        }

        private static func word(_ reply: ReplyEnvelope) -> String {
            switch reply.failure {
            case .exception(let exception): exception.className
            case .unreadable: "unreadable"
            case nil: String(reply.result.string.prefix(3))
            }
        }

        /// The results of the next ones, by their first characters, or what is wrong with them.
        func next(_ count: Int) async -> [String] {
            var found: [String] = []
            var iterator = delivered.makeAsyncIterator()
            while found.count < count, let result = await iterator.next() {
                switch result {
                case .success(let reply): found.append(Self.word(reply))
                case .failure(let error): found.append("\(error.kind)")
                }
            }
            return found
        }
    }

    /// What a failure says is read with the rest of its reply, and has no text of its own any more.
    @Test func failuresAreReadWhereTheirRepliesAreInflated() async throws {
        let bench = try Bench()
        let members = String(repeating: #",\"a\":1"#, count: 100_000)
        let failure = #"{"result": null, "failure": "{\"class\": \"Odd\"\#(members)}", "ending": true}"#
        let other = #"{"result": null, "failure": "\#(String(repeating: "x", count: 1 << 20))", "ending": true}"#
        #expect(await bench.read([failure, other].map { Zlib.compress(Array($0.utf8)) }).atOnce == 0)
        #expect(await bench.next(2) == ["Odd", "unreadable"])
    }

    private func reply(_ result: String, isEnding: Bool = true) -> [UInt8] {
        Zlib.compress(Array(#"{"result": \#(result), "failure": null, "ending": \#(isEnding)}"#.utf8))
    }

    private func long(_ digit: Int, isEnding: Bool = true) -> [UInt8] {
        reply(String(repeating: "\(digit)", count: 1 << 20), isEnding: isEnding)
    }

    @Test func aShortReplyIsReadAtOnce() async throws {
        let bench = try Bench()
        #expect(await bench.read([reply("1"), reply("2", isEnding: false), reply("null")]).atOnce == 3)
        #expect(await bench.next(3) == ["1", "2", "nul"])
    }

    @Test func longOnesAreReadLaterInTheirOrderAndShortAnswersOvertakeThem() async throws {
        let bench = try Bench()
        let bodies = [long(1), long(2), reply("7"), long(3), reply("8")]
        #expect(await bench.read(bodies).atOnce == 2)
        #expect(await bench.next(5) == ["7", "8", "111", "222", "333"])
    }

    @Test func anEndDoesNotOvertakeTheResultThatItEnds() async throws {
        let bench = try Bench()
        let bodies = [long(1, isEnding: false), reply("null"), reply("2", isEnding: false), long(3)]
        #expect(await bench.read(bodies).atOnce == 0)
        #expect(await bench.next(4) == ["111", "nul", "2", "333"])
        // Nothing is before it any more.
        #expect(await bench.read([reply("null")]).atOnce == 5)
    }

    @Test func whatInflatesToTooMuchIsToldAndTheNextIsRead() async throws {
        let bench = try Bench(maximumBytes: 1 << 20)
        let read = await bench.read([long(1), Array(long(2).dropLast(40)), reply("3", isEnding: false)])
        #expect(read.errors == [nil, nil, nil] && read.atOnce == 0)
        #expect(await bench.next(3) == ["tooLarge", "compression", "3"])
        #expect(await bench.read([Array(reply("4").dropLast(9))]).errors == [.compression])
    }

    @Test func thereIsRoomForSoManyBytesAndForOneAlways() async throws {
        let bodies = [long(1), long(2), long(3)]
        let bench = try Bench(maximumWaitingBytes: bodies[0].count + bodies[1].count)
        #expect(await bench.read(bodies).errors == [nil, nil, .crowded])
        #expect(await bench.next(2) == ["111", "222"])
        let narrow = try Bench(maximumWaitingBytes: 1)
        #expect(await narrow.read([long(4), long(5), reply("6")]).errors == [nil, .crowded, nil])
        #expect(await narrow.next(2) == ["6", "444"])
    }

    /// A few bytes of it can be a block of 900 kB.
    @Test func bzip2IsNeverReadAtOnce() async throws {
        let body = Self.bytes(
            "425a6839314159265359d148392100001099805004101016a55e1a20002226991a0d326414c269a034c432137cd8251868c2f05c927e822942ea67d7f8bb9229c284868a41c908"
        )
        let bench = try Bench()
        #expect(await bench.read([body], .bzip2).atOnce == 0)
        #expect(await bench.next(1) == ["\"bz"])
    }

    @Test func aThreadThatCannotBeStartedIsWaitedFor() async throws {
        let (owned, worker) = (try OwnedLoop(nil, name: "test"), try OwnedLoop(nil, name: "worker"))
        let attempts = Guarded(0)
        let lane = InflationLane(
            worker: {
                let isThere = attempts.withLock { attempts in
                    attempts += 1
                    return attempts > 2
                }
                return isThere ? worker.loop : nil
            },
            loop: owned.loop,
            maximumBytes: 10
        )
        let taken = await withCheckedContinuation { (continuation: CheckedContinuation<[Bool], Never>) in
            let taken = Guarded<[Bool]>([])
            let first = lane.add(bytes: 10) { end in
                end()
                continuation.resume(returning: taken.withLock { $0 } + [EventLoop.current === worker.loop])
            }
            let second = lane.add(bytes: 1) { _ in }
            taken.withLock { $0 = [first, second] }
        }
        #expect(taken == [true, false, true])
        #expect(attempts.withLock { $0 } == 3 && lane.isEmpty)
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
