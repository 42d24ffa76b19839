// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct ConnectionEndTests {
    @Test func anIdleConnectionThatTheLibraryClosesHadAnUnreadableLine() {
        var end = ConnectionEnd()
        #expect(end.isUnused && end.isForUnreadableLine)
        end.receiveRequestLine()
        #expect(!end.isUnused && !end.isForUnreadableLine)
        end.acceptHead(staysOpen: true)
        #expect(end.isForUnreadableLine && !end.lingers)
    }

    @Test func whatClosesByItselfSaysNothingOfALine() {
        var closed = ConnectionEnd()
        closed.receiveRequestLine()
        closed.acceptHead(staysOpen: false)
        #expect(!closed.isForUnreadableLine)
        var told = ConnectionEnd()
        told.willClose()
        #expect(!told.isForUnreadableLine && !told.lingers)
        var early = ConnectionEnd()
        early.answerEarly()
        #expect(!early.isForUnreadableLine && early.lingers)
    }

    @Test func oneAnswerAtTheMostIsWrittenPastTheLibrary() {
        var end = ConnectionEnd()
        let answers = [end.answerDirectly(), end.answerDirectly()]
        #expect(answers == [true, false])
        #expect(end.lingers && end.isAnsweredDirectly && !end.isForUnreadableLine)
    }

    @Test func aRequestThatWasReadWholeLeavesNothingToLingerFor() {
        var end = ConnectionEnd()
        end.answeredEndedPeer()
        #expect(!end.lingers && end.isAnsweredDirectly && !end.isForUnreadableLine)
    }
}
