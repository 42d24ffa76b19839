// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// An answer that is kept to be given later, or again.
struct StoredResponse: Sendable {
    private let status: Int
    private let fields: ResponseFields
    private let body: [UInt8]
    /// What its request was allowed; nil where nobody was asked.
    let record: AccessRecord?
    /// About what it costs to keep, in bytes.
    let size: Int

    /// Keeps an answer; its body is copied out of the message that it may be a small part of.
    init(_ response: HTTPResponse, _ record: AccessRecord? = nil) {
        self.record = record
        status = response.status
        fields = response.fields
        body = Array(response.body)
        size = 256 + body.count + response.fields.bytesInMemory + (record?.size ?? 0)
    }

    /// The answer with another field.
    func response(adding field: (name: String, value: String)) -> HTTPResponse {
        var response = HTTPResponse(status: status, fields: fields, body: body[...])
        response.fields.append(field)
        return response
    }
}
