//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import HTTPServer
internal import Messaging

/// A call or cast as the head of its HTTP request asks for it.
struct CallRequest: Sendable {
    var route: RPCRoute
    var target: Target
    var fields: CallFields
    /// How many replies end a gathering before its deadline.
    var minimum: Int?

    private static let parameters = ["namespace", "version", "exchange"]
    private static let gatherParameters = parameters + ["min"]

    /// Reads path, query and header fields.
    ///
    /// - Throws: the problem of the first part that is wrong.
    init(
        _ head: RequestHead,
        route: RPCRoute,
        _ identity: RequestIdentity,
        _ configuration: GatewayConfiguration
    ) throws(Problem) {
        try Self.checkContentType(head)
        let fields = try CallFields(head.fields, identity: identity, configuration: configuration)
        try self.init(route: route, query: head.query, fields: fields, configuration)
    }

    /// Reads the query of a route whose header fields are known.
    ///
    /// - Throws: the problem of the first part that is wrong.
    init(
        route: RPCRoute,
        query: [UInt8]?,
        fields: CallFields,
        _ configuration: GatewayConfiguration
    ) throws(Problem) {
        self.route = route
        self.fields = fields
        let query = try QueryParameters(query, known: route.verb == .gather ? Self.gatherParameters : Self.parameters)
        minimum = try Self.minimum(query["min"])
        target = Target(
            exchange: query["exchange"],
            topic: route.topic,
            namespace: query["namespace"],
            version: query["version"],
            server: route.server,
            isFanout: route.isFanout
        )
        do {
            try target.validateForSending(isCall: route.verb == .call)
            try VersionCap.checkForm(target.version)
            try VersionCap.check(target.version, cap: configuration.versionCap)
        } catch {
            throw Problem(error, method: route.method, configuration: configuration)
        }
        try Self.checkExchange(query["exchange"])
    }

    /// An exchange that is given has a name: the broker's default exchange cannot be a target's.
    static func checkExchange(_ exchange: String?) throws(Problem) {
        guard exchange != "" else { throw .invalidRequest("query: exchange is empty; leave it out instead") }
    }

    private static func minimum(_ text: String?) throws(Problem) -> Int? {
        guard let text else { return nil }
        guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(text), number > 0 else {
            throw .invalidRequest("query: min is the number of replies to wait for, 1 or more")
        }
        return number
    }

    /// A body has to be JSON by its type: forms and plain text are what a browser sends across origins unasked.
    static func checkContentType(_ head: RequestHead) throws(Problem) {
        guard let type = head.fields.bytes(of: "Content-Type") else {
            guard !head.declaresBody else { throw unsupported("the field is missing") }
            // Without a type and a body a request needs nobody's leave to cross origins either.
            return try RequestOrigin.check(head.fields)
        }
        guard isJSON(type), head.fields.count(of: "Content-Type") == 1 else {
            throw unsupported("it is \"\(String(decoding: type, as: UTF8.self))\"")
        }
    }

    /// Whether a media type is `application/json`, whatever its parameters.
    private static func isJSON(_ type: ArraySlice<UInt8>) -> Bool {
        let essence = type.prefix { $0 != 0x3b && $0 != 0x20 && $0 != 0x09 }
        return essence.count == 16
            && zip(essence, "application/json".utf8).allSatisfy { byte, expected in
                byte == expected || (0x41...0x5a).contains(byte) && byte | 0x20 == expected
            }
    }

    private static func unsupported(_ what: String) -> Problem {
        .http(415, "Content-Type: application/json is expected, \(what); with curl use --json")
    }

    /// What goes to the driver.
    func request(
        _ arguments: JSONText,
        _ identity: RequestIdentity,
        _ configuration: GatewayConfiguration
    ) -> RPCRequest {
        var request = RPCRequest(
            target: target,
            method: route.method,
            arguments: arguments,
            context: fields.context,
            timeout: fields.timeout,
            now: identity.started,
            callMonitorTimeout: route.verb == .call ? fields.callMonitorTimeout : nil,
            retry: configuration.retry
        )
        request.checksConsumers = configuration.checksConsumers
        return request
    }
}

extension RequestHead {
    /// Whether the request has a body that is not known to be empty.
    var declaresBody: Bool {
        fields["Transfer-Encoding"] != nil || fields["Content-Length"].map { $0 != "0" } ?? false
    }
}
