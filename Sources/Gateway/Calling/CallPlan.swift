// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import Messaging
internal import Names

/// What all calls with the same path and query have in common: read and checked once, then used for each of them.
final class CallPlan: Sendable {
    let route: RPCRoute
    let target: Target
    /// How many replies end a gathering before its deadline.
    let minimum: Int?
    /// The places that calls to the target take.
    let places: TargetPlaces
    /// The configuration that the target was checked against.
    let snapshot: ConfigurationSnapshot
    /// What its calls ask of the policy.
    let asked: AccessRequest
    let decisions = RecentDecisions()

    private static let parameters = ["namespace", "version", "exchange"]
    private static let gatherParameters = parameters + ["min"]

    /// Reads the query of a route.
    ///
    /// - Throws: the problem of the first part that is wrong.
    init(_ route: RPCRoute, query: [UInt8]?, _ snapshot: ConfigurationSnapshot) throws(Problem) {
        self.route = route
        self.snapshot = snapshot
        let query = try Self.query(query, of: route)
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
            try VersionCap.check(target.version, cap: snapshot.configuration.versionCap)
        } catch {
            throw Problem(error, method: route.method, configuration: snapshot.configuration)
        }
        try CallRequest.checkExchange(query["exchange"])
        let configuration = snapshot.configuration
        let exchange = Name(target.exchange ?? configuration.controlExchange)
        places = snapshot.targets.places(
            exchange: exchange,
            topic: Name(route.topic),
            cap: configuration.maximumOfTarget
        )
        asked = AccessRequest(route, target, exchange: exchange)
    }

    /// The parameters of a query.
    ///
    /// - Throws: `invalid-request` for one that the route does not take.
    static func query(_ query: [UInt8]?, of route: RPCRoute) throws(Problem) -> QueryParameters {
        try QueryParameters(query, known: route.verb == .gather ? gatherParameters : parameters)
    }

    private static func minimum(_ text: String?) throws(Problem) -> Int? {
        guard let text else { return nil }
        guard text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let number = Int(text), number > 0 else {
            throw .invalidRequest("query: min is the number of replies to wait for, 1 or more")
        }
        return number
    }
}
