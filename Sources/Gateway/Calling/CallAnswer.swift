//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import HTTPServer
internal import Logging
internal import Messaging

/// The answers to one call or cast: the result's bytes, or the problem.
///
/// A class, as closures carry it from thread to thread: one reference instead of every part of it.
final class CallAnswer: SentAnswer {
    let call: CallRequest
    let identity: RequestIdentity
    private let snapshot: ConfigurationSnapshot

    init(call: CallRequest, identity: RequestIdentity, snapshot: ConfigurationSnapshot) {
        self.call = call
        self.identity = identity
        self.snapshot = snapshot
    }

    var template: String { call.route.template }

    var destination: Logger.Metadata {
        ["rpc.target": "\(call.target.queueName)", "rpc.method": "\(call.route.method)"]
    }

    /// The result as it came.
    func response(_ reply: RPCReply) -> HTTPResponse {
        let total = identity.elapsed
        let publish = DecimalText.milliseconds(reply.publishDuration)
        let rpc = DecimalText.milliseconds(total - reply.publishDuration)
        let fields = [
            ("Content-Type", "application/json"), ("Cache-Control", "no-store"),
            ("X-Request-Id", identity.id), ("X-Openstack-Request-Id", identity.id),
            ("Rpc-Message-Id", reply.messageID.hexadecimal), ("Rpc-Timeout", appliedTimeout),
            ("Server-Timing", "publish;dur=\(publish), rpc;dur=\(rpc)"),
        ]
        return HTTPResponse(status: 200, fields: fields, body: reply.result.bytes)
    }

    /// The replies that were gathered, as a JSON array.
    func array(_ gathered: GatheredReplies) -> [UInt8] {
        GatheredBody(form: .array, method: call.route.method, configuration: snapshot.configuration)
            .bytes(gathered.replies)
    }

    /// The replies that were gathered.
    func response(_ gathered: GatheredReplies, _ form: GatherForm) -> HTTPResponse {
        let body = GatheredBody(form: form, method: call.route.method, configuration: snapshot.configuration)
        let publish = DecimalText.milliseconds(gathered.publishDuration)
        let rpc = DecimalText.milliseconds(identity.elapsed - gathered.publishDuration)
        let fields = [("Content-Type", form.contentType), ("Cache-Control", "no-store")] + identity.fields
        let counts = [
            ("Rpc-Replies", "\(gathered.replies.count)"), ("Rpc-Replies-Complete", "\(gathered.isComplete)"),
        ]
        let times = [
            ("Rpc-Message-Id", gathered.messageID.hexadecimal), ("Rpc-Timeout", appliedTimeout),
            ("Server-Timing", "publish;dur=\(publish), rpc;dur=\(rpc)"),
        ]
        return HTTPResponse(status: 200, fields: fields + counts + times, body: body.bytes(gathered.replies)[...])
    }

    /// The cast is in a queue.
    func response(_ receipt: CastReceipt) -> HTTPResponse {
        let timing = ("Server-Timing", "publish;dur=\(DecimalText.milliseconds(identity.elapsed))")
        let fields = [("Cache-Control", "no-store")] + identity.fields
        return HTTPResponse(
            status: 202,
            fields: fields + [
                ("Rpc-Message-Id", receipt.uniqueID.hexadecimal), ("Rpc-Timeout", appliedTimeout), timing,
            ]
        )
    }

    /// What went wrong.
    func problem(_ error: MessagingError) -> Problem {
        Problem(error, method: call.route.method, configuration: snapshot.configuration)
    }

    /// The problem as the answer.
    func response(_ problem: Problem) -> HTTPResponse {
        var response = document(problem).response
        response.fields.append(("Rpc-Timeout", appliedTimeout))
        return response
    }

    /// The problem with what it is about.
    func document(_ problem: Problem) -> ProblemDocument {
        let configuration = snapshot.configuration
        var document = ProblemDocument(problem: problem, request: identity)
        document.target = call.target
        document.target?.exchange = call.target.exchange ?? configuration.controlExchange
        document.method = call.route.method
        document.exposesTraceback = configuration.exposesTraceback
        return document
    }

    private var appliedTimeout: String { DecimalText.shortSeconds(call.fields.timeout) }
}
