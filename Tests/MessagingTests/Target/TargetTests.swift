// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

/// What can be sent to, before anything is sent.
struct TargetTests {
    private static let long = String(repeating: "é", count: 127)

    @Test(arguments: [
        (Target(topic: "a", server: "b"), true), (Target(topic: "a", isFanout: true), false),
        (Target(exchange: long + "x", topic: "a"), true), (Target(topic: long + "x"), true),
        (Target(topic: long.dropped(3), isFanout: true), false),
    ])
    func aTargetOfNamesThatFitIsSentTo(target: Target, isCall: Bool) throws {
        try target.validateForSending(isCall: isCall)
    }

    @Test(arguments: [
        (Target(), true, "topic"), (Target(topic: ""), false, "topic"),
        (Target(topic: "a", isFanout: true), true, "fanout"),
        (Target(exchange: long + "é", topic: "a"), true, "exchange"), (Target(topic: long + "é"), true, "topic.server"),
        (Target(topic: long, server: "bb"), false, "topic.server"),
        (Target(topic: long, isFanout: true), false, "topic.server"),
    ])
    func anyOtherIsRefusedAndTheReasonNamesWhatIsWrong(target: Target, isCall: Bool, part: String) {
        #expect {
            try target.validateForSending(isCall: isCall)
        } throws: { error in
            guard let error = error as? MessagingError else { return false }
            return error.code == .invalidTarget && error.description.contains(part)
        }
    }
}

extension String {
    fileprivate func dropped(_ count: Int) -> String { String(dropLast(count)) }
}
