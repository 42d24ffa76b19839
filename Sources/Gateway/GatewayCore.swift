// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Logging
internal import Messaging
internal import Synchronization
internal import Threads

/// What all parts of a gateway share: the driver, the configuration in force, and the count of the requests under way.
final class GatewayCore: Sendable {
    let driver: any Driver
    let logger: Logger
    let metrics = GatewayMetrics()
    let clients: ClientLimits
    let crossOrigin: CrossOrigin
    let administration: Administration
    let detached = DetachedRequests()
    private let current: Guarded<CallPlans>
    private let requestsInFlight = Atomic(0)
    private let drains = Atomic(false)
    private let asks = Atomic(false)

    init(
        driver: any Driver,
        configuration: GatewayConfiguration,
        access: AccessControl?,
        administration: Administration,
        logger: Logger
    ) {
        self.driver = driver
        self.administration = administration
        self.logger = logger
        let snapshot = ConfigurationSnapshot(configuration, access: access)
        current = Guarded(CallPlans(snapshot))
        clients = ClientLimits(configuration.limits)
        crossOrigin = CrossOrigin(configuration.crossOrigin)
        asks.store(snapshot.access != nil, ordering: .relaxed)
    }

    /// The configuration in force.
    var configuration: GatewayConfiguration { snapshot.configuration }

    /// The same behind one reference, for requests that carry it along.
    var snapshot: ConfigurationSnapshot { current.withLock { $0.snapshot } }

    /// Who may come in; nil where it does not matter who asks.
    var access: AccessControl? { snapshot.access }

    /// What was put in force of who may come in; nil for nothing.
    var ownAccess: AccessControl? { access.flatMap { $0 === AccessControl.open ? nil : $0 } }

    /// Whether requests are asked who they are from; cheap, for requests whose body is not there yet.
    var asksForCallers: Bool { asks.load(ordering: .relaxed) }

    /// Puts another configuration in force, whole; requests under way keep the one they began with.
    func update(_ configuration: GatewayConfiguration, access: AccessControl?) {
        current.withLock {
            let targets = $0.snapshot.targets
            $0 = CallPlans(ConfigurationSnapshot(configuration, targets: targets, access: access))
        }
        clients.update(configuration.limits)
        crossOrigin.update(configuration.crossOrigin)
        asks.store(self.access != nil, ordering: .relaxed)
    }

    /// The plan of a request's path and query, if one is kept; it is valid for the configuration in force.
    func plan(_ head: borrowing RequestHead) -> CallPlan? {
        current.withLock { $0.plan(path: head.path, query: head.query) }
    }

    /// Keeps a plan for later requests.
    func keep(_ plan: CallPlan, _ head: RequestHead) {
        current.withLock { $0.keep(plan, path: head.path, query: head.query) }
    }

    /// Requests under way that send something.
    var inFlight: Int { requestsInFlight.load(ordering: .relaxed) }

    /// Whether new ones are refused because the gateway shuts down.
    var isDraining: Bool { drains.load(ordering: .acquiring) }

    /// Refuses new ones.
    func beginDraining() { drains.store(true, ordering: .releasing) }

    /// Counts a request in.
    ///
    /// - Throws: `draining`, or `overloaded` at the limit.
    func enter(limit: Int) throws(Problem) {
        guard !isDraining else { throw .draining }
        guard requestsInFlight.add(1, ordering: .acquiringAndReleasing).newValue <= limit else {
            leave()
            throw .overloaded(.requests(limit))
        }
    }

    /// Counts a call, cast or gathering in and takes a place of its target.
    ///
    /// - Throws: `draining`, or `overloaded` at one of the limits.
    func enter(_ plan: CallPlan) throws(Problem) {
        // Read one by one: the configuration is large, and is not copied for two of its members.
        try enter(limit: plan.snapshot.configuration.maximumInFlight)
        guard let refusal = plan.places.begin(cap: plan.snapshot.configuration.maximumOfTarget) else { return }
        leave()
        throw refusal
    }

    /// Counts a request out.
    func leave() { requestsInFlight.subtract(1, ordering: .acquiringAndReleasing) }
}
