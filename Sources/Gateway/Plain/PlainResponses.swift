// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Logging
internal import Messaging

/// The responses to one message of plain AMQP.
struct PlainResponses: MessageResponses {
    let call: PlainCall
    let identity: RequestIdentity
    let snapshot: ConfigurationSnapshot

    var template: String { call.template }

    var destination: Logger.Metadata {
        ["amqp.exchange": "\(call.exchange)", "amqp.routing_key": "\(call.routingKey)"]
    }

    /// The reply as it came.
    func response(_ reply: PlainReply) -> HTTPResponse {
        let room = snapshot.configuration.maximumResponseFieldBytes
        let publish = DecimalText.milliseconds(reply.publishDuration)
        let rpc = DecimalText.milliseconds(identity.elapsed - reply.publishDuration)
        let fields = ReplyProperties(reply.message, bytes: room).fields + [("Cache-Control", "no-store")]
        let others = [
            ("Rpc-Message-Id", reply.messageID.hexadecimal), ("Rpc-Timeout", appliedTimeout),
            ("Server-Timing", "publish;dur=\(publish), rpc;dur=\(rpc)"),
        ]
        return HTTPResponse(status: 200, fields: fields + identity.fields + others, body: reply.message.body[...])
    }

    /// The message is in a queue.
    var accepted: HTTPResponse {
        let timing = ("Server-Timing", "publish;dur=\(DecimalText.milliseconds(identity.elapsed))")
        let fields = [("Cache-Control", "no-store")] + identity.fields
        return HTTPResponse(status: 202, fields: fields + [("Rpc-Timeout", appliedTimeout), timing])
    }

    /// What went wrong.
    func problem(_ error: MessagingError) -> Problem {
        Problem(error, method: "", configuration: snapshot.configuration)
    }

    /// The problem as the response.
    func response(_ problem: Problem) -> HTTPResponse {
        var document = ProblemDocument(problem: problem, request: identity)
        document.plain = (call.exchange, call.routingKey)
        var response = document.response
        response.fields.append(("Rpc-Timeout", appliedTimeout))
        return response
    }

    private var appliedTimeout: String { DecimalText.shortSeconds(call.timeout) }
}
