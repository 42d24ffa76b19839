// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct ConnectionStageTests {
    private let pending: PendingRequest
    private let stream: ResponseStream
    private let refusal = HTTPResponse(status: 403)

    init() throws {
        pending = PendingRequest(connection: nil, loop: CountingQueue())
        stream = ResponseStream(pending: pending, bufferLimit: 16) { _ in }
    }

    /// A request that has not arrived, so that its failure can be told.
    private var arriving: [ConnectionStage] { [.receivingHead, .receivingBody, .droppingBody(refusal)] }
    private var withLibrary: [ConnectionStage] { [.complete, .refused(refusal), .deserted] }
    private var withHandler: [ConnectionStage] { [.waiting(pending)] }
    private var written: [ConnectionStage] { [.streaming(stream), .parked(stream)] }
    private var idle: ConnectionStage { .idle(nextPeerCheck: 5) }

    @Test func theDeadlineTellsWhoSentTooLittleAndClosesWhoSentNothing() {
        let told = ([.unused] + arriving).map { $0.atDeadline.text }
        #expect(Set(told) == ["answer requestTimeout"])
        #expect(idle.atDeadline.text == "close")
        #expect((withLibrary + withHandler).allSatisfy { $0.atDeadline.text == "none" })
        #expect(ConnectionStage.replying.atDeadline.text == "close if stuck")
        #expect(written.allSatisfy { $0.atDeadline.text == "cut" })
    }

    @Test func aStopLeavesNoRequestWithoutAnAnswer() {
        let told = arriving.map { $0.atStop.text }
        #expect(Set(told) == ["answer shuttingDown"])
        #expect([.unused, idle].allSatisfy { $0.atStop.text == "close" })
        #expect(withHandler.allSatisfy { $0.atStop.text == "give up" })
        #expect((withLibrary + [.replying]).allSatisfy { $0.atStop.text == "none" })
        #expect(written.allSatisfy { $0.atStop.text == "finish" })
    }

    @Test func whoMakesRoomIsToldWhileARequestMayBeOnItsWay() {
        let told = ([.unused] + arriving).map { $0.toMakeRoom.text }
        #expect(Set(told) == ["answer tooManyConnections"])
        #expect((withHandler + written + [idle, .replying]).allSatisfy { $0.toMakeRoom.text == "close" })
    }

    @Test func onlyAStreamWithNothingToWriteIsSuspended() {
        #expect(written.map { $0.isSuspended } == [false, true])
        #expect(written.allSatisfy { $0.stream === stream })
        let others = arriving + withLibrary + withHandler + [.unused, idle, .replying]
        #expect(!others.contains { $0.isSuspended || $0.stream != nil })
    }

    @Test func nothingIsReadWhileARequestIsBeingAnswered() {
        #expect((withLibrary + withHandler + written + [.replying]).allSatisfy { $0.isRequestThere })
        #expect(!(arriving + [.unused, idle]).contains { $0.isRequestThere })
    }

    @Test func aConnectionIsIdleBeforeItsFirstRequestAndBetweenTwo() {
        #expect([.unused, idle].allSatisfy { $0.isIdle })
        let others = arriving + withLibrary + withHandler + written + [.replying]
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
        case .closeIfStuck: "close if stuck"
        case .answer(let reason): "answer \(String(describing: reason))"
        case .giveUp: "give up"
        case .cut: "cut"
        case .finish: "finish"
        }
    }
}
