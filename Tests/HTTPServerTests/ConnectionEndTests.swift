// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct ConnectionEndTests {
    @Test func whatWasReadWholeLeavesNothingToLingerFor() {
        #expect(!ConnectionEnd.usual.lingers)
    }

    @Test func whatWasReadInPartLingers() {
        var end = ConnectionEnd.usual
        end.answerEarly()
        #expect(end == .early && end.lingers)
    }

    @Test func oneAnswerAtTheMostIsWrittenPastTheLibrary() {
        for var end in [ConnectionEnd.usual, .early] {
            let answers = [end.answerDirectly(), end.answerDirectly()]
            #expect(answers == [true, false])
            end.answerEarly()
            #expect(end == .answeredDirectly && end.lingers)
        }
    }
}
