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

    /// Reads path, query and header fields.
    ///
    /// - Throws: the problem of the first part that is wrong.
    init(
        _ head: RequestHead,
        route: RPCRoute,
        _ identity: RequestIdentity,
        _ configuration: GatewayConfiguration
    ) throws(Problem) {
        self.route = route
        let query = try QueryParameters(head.query, known: ["namespace", "version", "exchange"])
        target = Target(
            exchange: query["exchange"],
            topic: route.topic,
            namespace: query["namespace"],
            version: query["version"],
            server: route.server,
            isFanout: route.isFanout
        )
        try Self.checkContentType(head)
        fields = try CallFields(head.fields, identity: identity, configuration: configuration)
        do {
            try target.validateForSending(isCall: route.verb == .call)
            try VersionCap.checkForm(target.version)
            try VersionCap.check(target.version, cap: configuration.versionCap)
        } catch {
            throw Problem(error, method: route.method, configuration: configuration)
        }
        guard query["exchange"] != "" else { throw .invalidRequest("query: exchange is empty; leave it out instead") }
    }

    /// A body has to be JSON by its type: forms and plain text are what a browser sends across origins unasked.
    private static func checkContentType(_ head: RequestHead) throws(Problem) {
        let types = head.fields.values(of: "Content-Type")
        guard let type = types.first else {
            guard !head.declaresBody else { throw unsupported("the field is missing") }
            return
        }
        let essence = type.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
        guard types.count == 1, essence.lowercased() == "application/json" else {
            throw unsupported("it is \"\(type)\"")
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
