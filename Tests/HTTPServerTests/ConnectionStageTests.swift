// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct ConnectionStageTests {
    private let pending: PendingRequest
    private let stream: ResponseStream
    private let refusal = HTTPResponse(status: 403)

    init() throws {
        let connection = try #require(OpaquePointer(bitPattern: 8))
        pending = PendingRequest(connection: connection, isHead: true, loop: CountingQueue())
        stream = ResponseStream(pending: pending, bufferLimit: 16) { _ in }
    }

    /// A request that has not arrived, so that its failure can be told.
    private var arriving: [ConnectionStage] {
        get throws {
            [
                .receivingHead(target: try #require(UnsafeRawPointer(bitPattern: 8))),
                .receivingBody(isChunked: true, isHead: false), .droppingBody(refusal, isHead: false),
            ]
        }
    }

    private var withHandler: [ConnectionStage] { [.waiting(pending)] }
    private var written: [ConnectionStage] { [.streaming(stream), .parked(stream)] }
    private var idle: ConnectionStage { .idle(nextPeerCheck: 5) }

    @Test func theDeadlineTellsWhoSentTooLittleAndClosesWhoSentNothing() throws {
        let told = try ([.unused] + arriving).map { $0.atDeadline.text }
        #expect(Set(told) == ["answer requestTimeout"])
        #expect(idle.atDeadline.text == "close")
        #expect((withHandler + [.replying]).allSatisfy { $0.atDeadline.text == "none" })
        #expect(written.allSatisfy { $0.atDeadline.text == "cut" })
    }

    @Test func aStopLeavesNoRequestWithoutAnAnswer() throws {
        let told = try arriving.map { $0.atStop.text }
        #expect(Set(told) == ["answer shuttingDown"])
        #expect([.unused, idle].allSatisfy { $0.atStop.text == "close" })
        #expect(withHandler.allSatisfy { $0.atStop.text == "give up" })
        #expect(ConnectionStage.replying.atStop.text == "none")
        #expect(written.allSatisfy { $0.atStop.text == "finish" })
    }

    @Test func whoMakesRoomIsToldWhileARequestMayBeOnItsWay() throws {
        let told = try ([.unused] + arriving).map { $0.toMakeRoom.text }
        #expect(Set(told) == ["answer tooManyConnections"])
        #expect((withHandler + written + [idle, .replying]).allSatisfy { $0.toMakeRoom.text == "close" })
    }

    @Test func onlyWhatWaitsForOthersIsSuspended() throws {
        #expect(written.map { $0.isSuspended } == [false, true])
        #expect(written.allSatisfy { $0.stream === stream })
        #expect(!ConnectionStage.waiting(pending).isSuspended)
        let isFirst = pending.suspend()
        #expect(isFirst && ConnectionStage.waiting(pending).isSuspended)
        pending.respond(refusal)
        // Until the library has been told that the answer is there.
        #expect(ConnectionStage.waiting(pending).isSuspended)
        let isAgain = pending.suspend()
        #expect(!isAgain && !ConnectionStage.waiting(pending).isSuspended)
        let others = try arriving + [.unused, idle, .replying]
        #expect(!others.contains { $0.isSuspended || $0.stream != nil })
    }

    @Test func theAnswerToHEADHasNoBodyAsLongAsTheRequestIsThere() throws {
        let stages: [ConnectionStage] = [
            .receivingBody(isChunked: false, isHead: true), .droppingBody(refusal, isHead: true), .waiting(pending),
        ]
        #expect(stages.allSatisfy { $0.isHead })
        let others = try arriving + written + [.unused, idle, .replying]
        #expect(!others.contains { $0.isHead })
    }

    @Test func aConnectionIsIdleBeforeItsFirstRequestAndBetweenTwo() throws {
        #expect([.unused, idle].allSatisfy { $0.isIdle })
        let others = try arriving + withHandler + written + [.replying]
        #expect(!others.contains { $0.isIdle })
    }

    @Test func aStageTakesLittleMemoryOfThousandsOfConnections() {
        #expect(MemoryLayout<ConnectionStage>.size <= 16)
    }
}

extension ConnectionStage.Ending {
    fileprivate var text: String {
        switch self {
        case .none: "none"
        case .close: "close"
        case .answer(let reason): "answer \(String(describing: reason))"
        case .giveUp: "give up"
        case .cut: "cut"
        case .finish: "finish"
        }
    }
}
