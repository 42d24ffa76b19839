// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import Metrics
internal import Threads

/// The gateway's measurements; handles are made once for each combination of a few low-cardinality labels.
final class GatewayMetrics: Sendable {
    /// Those of calls and casts, found without a search, in the order of `RPCRoute.Form`.
    private let calls = RPCRoute.Form.allCases.map { RouteDurations($0.rawValue) }
    // names: our own
    private let others = Guarded<[String: RouteDurations]>([:])
    private let refusals = Guarded<[ProblemCode: Counter]>([:])

    /// The durations of calls and casts of a form.
    func durations(_ form: RPCRoute.Form) -> RouteDurations {
        switch form {
        case .call: calls[0]
        case .cast: calls[1]
        case .fanout: calls[2]
        case .gather: calls[3]
        }
    }

    /// The durations of the requests of another route.
    func durations(_ route: String) -> RouteDurations {
        others.withLock { routes in
            if let durations = routes[route] { return durations }
            let durations = RouteDurations(route)
            routes[route] = durations
            return durations
        }
    }

    /// Counts an answered request that sent something, with its duration.
    func answered(_ route: String, _ identity: RequestIdentity, status: Int) {
        durations(route).record(identity.elapsed, status: status)
    }

    /// Counts a request that did not become a call.
    func refused(_ code: ProblemCode) {
        let counter = refusals.withLock { counters in
            if let counter = counters[code] { return counter }
            let counter = Counter(label: "http.server.requests.rejected", dimensions: [("reason", code.rawValue)])
            counters[code] = counter
            return counter
        }
        counter.increment()
    }
}

/// How long the requests of one route took, by status.
final class RouteDurations: Sendable {
    private let route: String
    /// There are few, and the most frequent is nearly always the first.
    private let timers = Guarded<[(status: Int, timer: Timer)]>([])

    init(_ route: String) { self.route = route }

    /// Counts a request that was answered.
    func record(_ elapsed: Duration, status: Int) {
        let timer = timers.withLock { timers in
            for entry in timers where entry.status == status { return entry.timer }
            let timer = Timer(label: "http.server.request.duration", dimensions: dimensions(status))
            timers.append((status, timer))
            return timer
        }
        timer.recordNanoseconds(elapsed.wholeNanoseconds)
    }

    private func dimensions(_ status: Int) -> [(String, String)] {
        [("http.route", route), ("http.request.method", "POST"), ("http.response.status_code", "\(status)")]
    }
}
