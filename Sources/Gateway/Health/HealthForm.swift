// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// How a health probe wants its answer.
struct HealthForm: Sendable {
    private let wantsJSON: Bool
    let isDeep: Bool
    let exchange: String?

    /// Reads `?verbose`, `?deep=1` and `Accept`.
    ///
    /// - Throws: `invalid-request` for an unknown parameter or value.
    init(_ head: RequestHead, known: [String] = []) throws(Problem) {
        let query = try QueryParameters(head.query, known: known + ["verbose"])
        isDeep = try Self.flag(query["deep"], "deep")
        let isVerbose = try Self.flag(query["verbose"], "verbose")
        exchange = query["exchange"]
        wantsJSON = isVerbose || (head.fields["Accept"] ?? "").utf8.contains("application/json".utf8)
    }

    private static func flag(_ value: String?, _ name: String) throws(Problem) -> Bool {
        switch value {
        case nil, "0", "false": false
        case "", "1", "true": true
        default: throw .invalidRequest("query: \(name) is 1 or 0")
        }
    }

    /// The answer when all is well: a word, or a JSON object with more.
    func good(_ word: String, members: [(String, String)], _ identity: RequestIdentity) -> HTTPResponse {
        let all = [("status", "\"\(word)\"")] + members
        let json = "{" + all.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
        let type = wantsJSON || !members.isEmpty ? "application/json" : "text/plain; charset=utf-8"
        let body = wantsJSON || !members.isEmpty ? json : word + "\n"
        let fields = [("Content-Type", type), ("Cache-Control", "no-store")] + identity.fields
        return HTTPResponse(status: 200, fields: fields, body: Array(body.utf8)[...])
    }
}
