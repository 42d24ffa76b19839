// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// What the names in a notification's address may be.
enum NotificationNames {
    /// Checks a topic, which has to leave room for the priority that follows it.
    static func checkTopic(_ topic: String) throws(Problem) {
        let longest = NotificationPriority.allCases.map { $0.rawValue.utf8.count + 1 }.max() ?? 0
        guard topic.utf8.count + longest <= Target.maximumNameBytes else {
            throw .invalidTarget("path: the topic is longer than \(Target.maximumNameBytes - longest) bytes")
        }
        // Such a word is a wildcard in the binding of a queue, and would bring the notifications of other topics.
        let words = topic.utf8.split(separator: UInt8(ascii: "."))
        guard !words.contains(where: { $0.elementsEqual("*".utf8) || $0.elementsEqual("#".utf8) }) else {
            throw .invalidTarget("path: the topic \"\(topic)\" has a wildcard; name one topic")
        }
    }

    /// Checks an exchange, where one is given.
    static func checkExchange(_ exchange: String?) throws(Problem) {
        try CallRequest.checkExchange(exchange)
        try checkLength(exchange, "query: exchange")
    }

    /// Reads one priority.
    static func priority(_ text: String) throws(Problem) -> NotificationPriority {
        guard let priority = NotificationPriority(rawValue: text.lowercased()) else {
            let known = NotificationPriority.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidRequest("query: priority \"\(text)\" is not known; known are \(known)")
        }
        return priority
    }

    /// Checks a text that is a name: not empty, and of bounded length.
    static func checkLength(_ text: String?, _ what: String) throws(Problem) {
        guard let text else { return }
        guard (1...Target.maximumNameBytes).contains(text.utf8.count) else {
            throw .invalidRequest("\(what) has to be 1 to \(Target.maximumNameBytes) bytes long")
        }
    }
}
