//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import HTTPServer

extension HTTPGateway {
    /// Streams the notifications of a topic to a client.
    func listen(
        _ topic: String,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        _ responder: Responder
    ) throws(Problem) {
        throw .unsupported("cannot listen for notifications")
    }

    /// Sends a notification; answered 202 once the broker has it.
    func notify(
        _ topic: String,
        _ eventType: String,
        _ request: HTTPRequest,
        _ identity: RequestIdentity,
        _ sink: AnswerSink
    ) throws(Problem) {
        throw .unsupported("cannot send notifications")
    }
}
