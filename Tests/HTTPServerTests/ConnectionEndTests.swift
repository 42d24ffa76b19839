// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct ConnectionEndTests {
    @Test func anIdleConnectionThatTheLibraryClosesHadAnUnreadableLine() {
        var end = ConnectionEnd.open
        #expect(end == .open)
        end.receiveRequestLine()
        #expect(end == .closing)
        end.acceptHead(staysOpen: true)
        #expect(end == .open && !end.lingers)
    }

    @Test func whatClosesByItselfSaysNothingOfALine() {
        var closed = ConnectionEnd.open
        closed.receiveRequestLine()
        closed.acceptHead(staysOpen: false)
        #expect(closed == .closing)
        var told = ConnectionEnd.open
        told.willClose()
        #expect(told == .closing && !told.lingers)
        var early = ConnectionEnd.open
        early.answerEarly()
        #expect(early == .closingEarly && early.lingers)
    }

    @Test func oneAnswerAtTheMostIsWrittenPastTheLibrary() {
        var end = ConnectionEnd.open
        let answers = [end.answerDirectly(), end.answerDirectly()]
        #expect(answers == [true, false])
        #expect(end == .answeredEarly && end.lingers)
    }

    @Test func aRequestThatWasReadWholeLeavesNothingToLingerFor() {
        var end = ConnectionEnd.open
        end.answeredEndedPeer()
        #expect(end == .answered && !end.lingers)
    }

    @Test func whatWasReadInPartLingersWhateverFollows() {
        var end = ConnectionEnd.open
        end.answerEarly()
        end.acceptHead(staysOpen: true)
        end.willClose()
        #expect(end == .closingEarly)
        let isFirst = end.answerDirectly()
        #expect(isFirst && end == .answeredEarly)
        end.answeredEndedPeer()
        end.answerEarly()
        #expect(end == .answeredEarly)
    }

    @Test func aLaterHeadOpensWhatOneBeforeHadClosed() {
        var end = ConnectionEnd.closing
        end.acceptHead(staysOpen: true)
        #expect(end == .open)
        end.answeredEndedPeer()
        end.acceptHead(staysOpen: true)
        #expect(end == .answered)
    }
}
