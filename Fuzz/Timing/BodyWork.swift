// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Names

@testable import Gateway

extension Work {
    private static let plainHead = RequestHead(method: "POST", path: Array("/t/m".utf8), fields: RequestFields([]))

    /// Bodies of requests: they are checked, put into an envelope or cut into entries, and kept apart by their contents.
    static let bodies: [Work] = HostileJSON.allCases.flatMap { kind in
        [
            work("arguments", kind, #"{"a":"#, "}", read: callArguments),
            work("arguments cut short", kind, #"{"a":"#, "", read: callArguments),
            work("all arguments", kind, "", "", read: callArguments),
            work("batch", kind, "", "", read: callBatch),
            work("entries", kind, #"[{"jsonrpc":"2.0","method":"t/m","id":1,"params":"#, "}]", read: callBatch),
            work("key", kind, "", "") { body in
                _ = RequestFingerprint(HTTPRequest(head: plainHead, body: body), isLater: false)
            },
        ]
    }

    /// Work on bodies with a value of a kind inside.
    static func work(
        _ name: String,
        _ kind: HostileJSON,
        _ before: String,
        _ after: String,
        read: @escaping @Sendable ([UInt8]) -> Void
    ) -> Work {
        Work(
            name: "\(name)/\(kind)",
            maximumBytes: bodyBytes,
            input: { size, random in Array((before + kind.value(size, &random) + after).utf8) },
            run: read
        )
    }

    @Sendable
    private static func callArguments(_ body: [UInt8]) {
        guard let arguments = try? JSONObject.arguments(body) else { return }
        let request = RPCRequest(target: Target(topic: "t"), method: "m", arguments: arguments, timeout: .seconds(1))
        let reply = RequestEnvelope.Reply(messageID: UniqueID(), queue: "reply_1")
        _ = RequestEnvelope.encode(request, uniqueID: UniqueID(), reply: reply)
    }

    @Sendable
    private static func callBatch(_ body: [UInt8]) {
        guard let batch = try? JSONRPCBody(body, maximumBatch: 64) else { return }
        let responses = batch.entries.map { text -> [UInt8] in
            guard let entry = try? JSONRPCEntry(text), let id = entry.id else { return [] }
            let parameters = entry.parameters.flatMap { try? JSONObject.arguments(Array($0.bytes)) }
            return JSONRPCResponse.result((parameters ?? .null).bytes, id: id)
        }
        _ = batch.text(responses)
    }
}
