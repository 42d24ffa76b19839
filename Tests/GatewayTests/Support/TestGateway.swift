// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import HTTPServer
import Logging
import Messaging
import Testing
import Threads

@testable import Gateway

/// A gateway over a driver of the tests, without HTTP around it.
struct TestGateway {
    let gateway: HTTPGateway

    init(
        _ driver: any Driver,
        access: AccessControl? = nil,
        administration: Administration = Administration(),
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) {
        var configuration = GatewayConfiguration()
        change(&configuration)
        // Without a thread and descriptors there is nothing to test.
        // swift-format-ignore: NeverUseForceTry
        let environment = HTTPGateway.Environment(
            version: "0",
            transport: "fake://",
            metricsPage: { "" },
            loopsTurn: { true },
            loop: try! .shared(),
            administration: administration
        )
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        gateway = HTTPGateway(
            driver: driver,
            configuration: configuration,
            environment: environment,
            access: access,
            logger: logger
        )
    }

    /// Sends a request; the answer may come later.
    @discardableResult
    func send(
        _ method: String,
        _ target: String,
        _ fields: [(String, String)] = [],
        _ body: [UInt8] = [],
        by entrance: Entrance = .ordinary
    ) -> PendingAnswer {
        let parts = target.utf8.split(separator: 0x3f, maxSplits: 1, omittingEmptySubsequences: false)
        let head = RequestHead(
            method: method,
            path: Array(parts[0]),
            query: parts.count > 1 ? Array(parts[1]) : nil,
            fields: RequestFields(fields.map { (name: $0.0, value: $0.1) }),
            entrance: entrance
        )
        return send(HTTPRequest(head: head, body: body))
    }

    private func send(_ request: HTTPRequest) -> PendingAnswer {
        let pending = PendingAnswer()
        let sink = ResponseSink.keeper(ResponseKeeper { response, _ in pending.set(response) })
        gateway.handle(request, answeringTo: sink)
        return pending
    }

    /// Sends JSON by POST.
    @discardableResult
    func post(_ target: String, _ body: String = "{}", _ fields: [(String, String)] = []) -> PendingAnswer {
        send("POST", target, [("Content-Type", "application/json")] + fields, Array(body.utf8))
    }
}

/// An answer that may not be there yet.
final class PendingAnswer: Sendable {
    private let response = Guarded<HTTPResponse?>(nil)

    func set(_ new: HTTPResponse) { response.withLock { $0 = $0 ?? new } }

    var isThere: Bool { response.withLock { $0 != nil } }

    /// The answer, which has to be there.
    func get(_ location: SourceLocation = #_sourceLocation) throws -> HTTPResponse {
        try #require(response.withLock { $0 }, sourceLocation: location)
    }

    func status(_ location: SourceLocation = #_sourceLocation) throws -> Int { try get(location).status }

    func body(_ location: SourceLocation = #_sourceLocation) throws -> String {
        String(decoding: try get(location).body, as: UTF8.self)
    }

    func field(_ name: String, _ location: SourceLocation = #_sourceLocation) throws -> String? {
        try get(location).fields.first { $0.name == name }?.value
    }

    /// The code of the problem document.
    func code(_ location: SourceLocation = #_sourceLocation) throws -> String? {
        let members = try JSONText(body(location)).members ?? []
        return members.first { $0.key == "code" }?.value.stringValue
    }
}
