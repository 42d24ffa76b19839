// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Logging
internal import Messaging

/// The responses to one call or cast: the result's bytes, or the problem.
struct CallResponses: MessageResponses {
    let plan: CallPlan
    /// The time that the call has.
    let timeout: Duration
    let identity: RequestIdentity

    init(_ call: borrowing CallRequest, _ identity: RequestIdentity) {
        plan = call.plan
        timeout = call.fields.timeout
        self.identity = identity
    }

    /// The most bytes that the fields of an answer take, apart from the identifier, which occurs twice.
    private static let fieldBytes = 320

    var template: String { plan.route.template }

    var destination: Logger.Metadata {
        ["rpc.target": "\(plan.target.queueName)", "rpc.method": "\(plan.route.method)"]
    }

    func durations(_ metrics: GatewayMetrics) -> RouteDurations { metrics.durations(plan.route.form) }

    /// The result as it came.
    func response(_ reply: RPCReply, elapsed: Duration) -> HTTPResponse {
        let fields = ResponseFields(capacity: Self.fieldBytes + 2 * identity.bytes.count) { fields in
            fields.field("Content-Type", "application/json")
            fields.field("Cache-Control", "no-store")
            fields.append(identity)
            fields.append(reply.messageID, timeout: timeout)
            fields.begin("Server-Timing")
            fields.append("publish;dur=")
            fields.append(milliseconds: reply.publishDuration)
            fields.append(", rpc;dur=")
            fields.append(milliseconds: elapsed - reply.publishDuration)
            fields.end()
        }
        return HTTPResponse(status: 200, fields: fields, body: reply.result.bytes)
    }

    /// The cast is in a queue.
    func response(_ receipt: CastReceipt, elapsed: Duration) -> HTTPResponse {
        let fields = ResponseFields(capacity: Self.fieldBytes + 2 * identity.bytes.count) { fields in
            fields.field("Cache-Control", "no-store")
            fields.append(identity)
            fields.append(receipt.uniqueID, timeout: timeout)
            fields.begin("Server-Timing")
            fields.append("publish;dur=")
            fields.append(milliseconds: elapsed)
            fields.end()
        }
        return HTTPResponse(status: 202, fields: fields)
    }

    /// The replies that were gathered, as a JSON array.
    func array(_ gathered: GatheredReplies) -> [UInt8] {
        GatheredBody(form: .array, method: plan.route.method, configuration: plan.snapshot.configuration)
            .bytes(gathered.replies)
    }

    /// The replies that were gathered.
    func response(_ gathered: GatheredReplies, _ form: GatherForm) -> HTTPResponse {
        let body = GatheredBody(form: form, method: plan.route.method, configuration: plan.snapshot.configuration)
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
        let bytes = body.bytes(gathered.replies)
        var response = HTTPResponse(status: 200, fields: fields + counts + times, body: bytes[...])
        // A client that reads slowly keeps the replies in memory for that long.
        if let memory = gathered.memory { response.keep(memory) }
        return response
    }

    /// What went wrong.
    func problem(_ error: MessagingError) -> Problem {
        Problem(error, method: plan.route.method, configuration: plan.snapshot.configuration)
    }

    /// The problem as the response.
    func response(_ problem: Problem) -> HTTPResponse {
        var response = document(problem).response
        response.fields.append(("Rpc-Timeout", appliedTimeout))
        return response
    }

    /// The problem, with what it is about.
    func document(_ problem: Problem) -> ProblemDocument {
        let configuration = plan.snapshot.configuration
        var document = ProblemDocument(problem: problem, request: identity)
        document.target = plan.target
        document.target?.exchange = plan.target.exchange ?? configuration.controlExchange
        document.method = plan.route.method
        document.exposesTraceback = configuration.exposesTraceback
        return document
    }

    private var appliedTimeout: String { DecimalText.shortSeconds(timeout) }
}
