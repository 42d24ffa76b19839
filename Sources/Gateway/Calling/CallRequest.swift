// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// A call or cast as the head of its HTTP request asks for it.
struct CallRequest: Sendable {
    let plan: CallPlan
    var fields: CallFields

    /// Reads path, query and header fields.
    ///
    /// - Throws: the problem of the first part that is wrong.
    init(
        _ head: RequestHead,
        route: RPCRoute,
        _ identity: RequestIdentity,
        _ snapshot: ConfigurationSnapshot
    ) throws(Problem) {
        try Self.checkContentType(head, snapshot.configuration.crossOrigin)
        let fields = try CallFields(head.fields, identity: identity, snapshot)
        try self.init(route: route, query: head.query, fields: fields, snapshot)
    }

    /// Reads the header fields of a request whose path and query are known.
    ///
    /// - Throws: the problem of the first part that is wrong.
    init(_ head: borrowing RequestHead, plan: CallPlan, _ identity: borrowing RequestIdentity) throws(Problem) {
        try Self.checkContentType(head, plan.snapshot.configuration.crossOrigin)
        fields = try CallFields(head.fields, identity: identity, plan.snapshot)
        self.plan = plan
    }

    /// Reads the query of a route whose header fields are known.
    ///
    /// - Throws: the problem of the first part that is wrong.
    init(
        route: RPCRoute,
        query: [UInt8]?,
        fields: CallFields,
        _ snapshot: ConfigurationSnapshot
    ) throws(Problem) {
        self.fields = fields
        plan = try CallPlan(route, query: query, snapshot)
    }

    var route: RPCRoute { plan.route }

    /// An exchange that is given has a name: the broker's default exchange cannot be a target's.
    static func checkExchange(_ exchange: String?) throws(Problem) {
        guard exchange != "" else { throw .invalidRequest("query: exchange is empty; leave it out instead") }
    }

    /// A body has to be declared as JSON: forms and plain text are what a browser sends across origins without asking.
    ///
    /// - Parameter origins: other origins whose pages may send even that; seldom needed.
    static func checkContentType(
        _ head: borrowing RequestHead,
        _ origins: @autoclosure () -> CrossOriginConfiguration
    ) throws(Problem) {
        guard let type = head.fields.bytes(of: "Content-Type") else {
            guard !head.declaresBody else { throw unsupported("the field is missing") }
            // A request without type and body needs no permission to cross origins either.
            return try RequestOrigin.check(head.fields, origins())
        }
        guard isJSON(type), head.fields.count(of: "Content-Type") == 1 else {
            throw unsupported("it is \"\(String(decoding: type, as: UTF8.self))\"")
        }
    }

    /// Whether a media type is `application/json`, whatever its parameters.
    private static func isJSON(_ type: ArraySlice<UInt8>) -> Bool {
        // Nearly always there are no parameters.
        if RequestFields.isSame(type, "application/json") { return true }
        let end = type.firstIndex { $0 == 0x3b || $0 == 0x20 || $0 == 0x09 } ?? type.endIndex
        return RequestFields.isSame(type[..<end], "application/json")
    }

    private static func unsupported(_ what: String) -> Problem {
        Problem(.unsupportedMediaType, "Content-Type: application/json is expected, \(what); with curl use --json")
    }

    /// What goes to the driver.
    func request(_ arguments: JSONText, _ identity: RequestIdentity) -> RPCRequest {
        let snapshot = plan.snapshot
        var request = RPCRequest(
            target: plan.target,
            method: plan.route.method,
            arguments: arguments,
            context: fields.context,
            timeout: fields.timeout,
            now: identity.started,
            callMonitorTimeout: plan.route.verb == .call ? fields.callMonitorTimeout : nil,
            retry: snapshot.configuration.retry
        )
        request.checksConsumers = snapshot.configuration.checksConsumers
        return request
    }
}

extension RequestHead {
    /// Whether the request has a body that is not known to be empty.
    var declaresBody: Bool {
        fields.contains("Transfer-Encoding") || fields["Content-Length"].map { $0 != "0" } ?? false
    }
}
