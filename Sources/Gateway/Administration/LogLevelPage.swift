// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Logging
internal import Messaging
internal import Names

/// The level of the log: `{"level": "debug"}`, to see and to set.
struct LogLevelPage: Sendable {
    private let core: GatewayCore
    private static let allowed = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

    init(_ core: GatewayCore) { self.core = core }

    /// Answers with the level in force, after setting it where the request asks for that.
    func answer(_ exchange: Exchange) throws(Problem) {
        _ = try QueryParameters(exchange.request.head.query, known: [])
        if exchange.request.head.method == "PUT" { try set(Self.level(exchange, core), exchange) }
        exchange.sink.respond(
            HTTPResponse(
                status: 200,
                fields: [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
                    + exchange.identity.fields,
                body: Array("{\"level\":\"\(core.administration.logLevel().rawValue)\"}".utf8)[...]
            )
        )
    }

    /// Who does this is told at the lower one of both levels, so that nobody can turn the log off unseen.
    private func set(_ level: Logger.Level, _ exchange: Exchange) {
        let old = core.administration.logLevel()
        if level < old { core.administration.setLogLevel(level) }
        core.logger.log(
            level: max(.notice, min(level, old)),
            "log level set",
            metadata: [
                "from": "\(old.rawValue)", "to": "\(level.rawValue)", "request.id": "\(exchange.identity.id)",
                "principal": "\(exchange.caller?.principal.name.text ?? "anonymous")",
                "client.address": "\(exchange.request.head.remoteAddress)",
            ]
        )
        core.administration.setLogLevel(level)
    }

    private static func level(_ exchange: Exchange, _ core: GatewayCore) throws(Problem) -> Logger.Level {
        try CallRequest.checkContentType(exchange.request.head, core.configuration.crossOrigin)
        guard let members = (try? JSONText(exchange.request.body))?.members, members.count == 1,
            let (key, value) = members.first, key.utf8.elementsEqual("level".utf8), let text = value.stringValue,
            let level = Logger.Level.allCases.first(where: { $0.rawValue.utf8.elementsEqual(text.utf8) })
        else {
            throw .invalidRequest("body: {\"level\": LEVEL} is expected, and as LEVEL one of \(allowed)")
        }
        return level
    }
}
