// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// The request objects of a body: one, or a batch.
struct JSONRPCBody: Sendable {
    var isBatch: Bool
    /// Request objects, not yet read.
    var entries: [JSONText]

    /// The body of the answer; nil when there is nothing to say.
    func text(_ responses: [[UInt8]]) -> [UInt8]? {
        guard isBatch, !responses.isEmpty else { return responses.first }
        return JSONRPCResponse.array(responses)
    }

    /// Reads a body.
    ///
    /// - Throws: the error that is the whole answer.
    init(_ body: [UInt8], maximumBatch: Int) throws(JSONRPCRefusal) {
        let text: JSONText
        do {
            text = try JSONText(body)
        } catch {
            throw .parse(error)
        }
        isBatch = text.bytes.first == 0x5b
        guard isBatch else {
            entries = [text]
            return
        }
        guard let elements = text.elements(atMost: maximumBatch) else {
            throw .invalidRequest("A batch has at most \(maximumBatch) entries (jsonrpc.maxBatch)")
        }
        entries = elements
        guard !entries.isEmpty else { throw .invalidRequest("The batch is empty") }
    }
}
