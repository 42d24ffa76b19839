// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Names

@testable import Gateway
@testable import Messaging

extension Work {
    /// Bodies of messages that come from the broker, from what takes the envelope off to what a client gets.
    static let replies: [Work] = HostileJSON.allCases.flatMap { kind in
        [
            inEnvelope("result", kind, #"{"result":"#, read: readReply),
            work("reply without an envelope", kind, #"{"_msg_id":"1","ending":true,"result":"#, "}", read: readReply),
            work("reply cut short", kind, #"{"oslo.version":"2.0","oslo.message":"{}","a":"#, "", read: readReply),
            inEnvelope("member of a reply", kind, #"{"a":"#, read: readReply),
            inFailure("failure with arguments", kind, #""args":["#, "]"),
            inFailure("failure with members", kind, #""kwargs":"#, ""),
            inFailure("failure with a traceback", kind, #""tb":"#, ""),
            inFailure("failure with a line", kind, #""tb":["#, "]"),
            inFailure("failure with a message", kind, #""message":"#, ""),
            inFailure("failure with a class", kind, #""module":"builtins","class":"#, ""),
            inEnvelope("notification", kind, #"{"event_type":"a","payload":"#, read: readNotification),
            inEnvelope("event type", kind, #"{"event_type":"#, read: readNotification),
            inEnvelope("entry of a context", kind, #"{"_context_user_id":"#, read: readNotification),
        ]
    }

    private static func inEnvelope(
        _ name: String,
        _ kind: HostileJSON,
        _ before: String,
        read: @escaping @Sendable ([UInt8]) -> Void
    ) -> Work {
        Work(name: "\(name)/\(kind)", maximumBytes: bodyBytes) { size, random in
            let message = before + kind.value(size, &random) + #","_msg_id":"1","ending":true}"#
            return MessageEnvelope.seal(Array(message.utf8))
        } run: {
            read($0)
        }
    }

    private static func inFailure(_ name: String, _ kind: HostileJSON, _ before: String, _ after: String) -> Work {
        Work(name: "\(name)/\(kind)", maximumBytes: bodyBytes) { size, random in
            // As a class that is looked at closely.
            let failure = #"{"module":"builtins","class":"TypeError",\#(before)\#(kind.value(size, &random))\#(after)}"#
            let message = #"{"failure":\#(JSONText(string: failure).string),"_msg_id":"1","ending":true}"#
            return MessageEnvelope.seal(Array(message.utf8))
        } run: {
            readReply($0)
        }
    }

    private static let configuration = {
        var configuration = GatewayConfiguration()
        configuration.exposure = .full
        configuration.exposesTraceback = true
        return configuration
    }()

    @Sendable
    private static func readReply(_ body: [UInt8]) {
        guard let reply = try? ReplyEnvelope(body) else { return }
        let gathered = GatheredBody(form: .lines, method: "m", configuration: configuration)
        guard let failure = reply.failure else { return _ = gathered.bytes([.success(reply.result.copied)]) }
        guard case .exception(let error) = failure else { return }
        let problem = RemoteProblem.make(error, method: "m", configuration: configuration)
        var document = ProblemDocument(problem: problem, request: RequestIdentity(RequestFields([])))
        document.exposesTraceback = true
        _ = document.response
    }

    private static let filter = StreamFilter(
        eventTypes: [ShellPattern("*" + String(repeating: "x", count: 200) + "?y*z")],
        publisherIDs: [ShellPattern("*a*b*c")]
    )

    @Sendable
    private static func readNotification(_ body: [UInt8]) {
        guard let notification = try? IncomingNotification(body) else { return }
        _ = filter.matches(NotificationEvent(notification))
    }
}
