//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Messaging
internal import Metrics
internal import Threads

/// The gateway's measurements; handles are made once for each combination of a few low-cardinality labels.
final class GatewayMetrics: Sendable {
    private struct Key: Hashable {
        var route: String
        var status: Int
    }

    private let durations = Guarded<[Key: Timer]>([:])
    private let refusals = Guarded<[String: Counter]>([:])

    /// Counts an answered request that sent something, with its duration.
    func answered(_ route: String, _ identity: RequestIdentity, status: Int) {
        let key = Key(route: route, status: status)
        let timer = durations.withLock { timers in
            if let timer = timers[key] { return timer }
            let timer = Timer(label: "http.server.request.duration", dimensions: Self.dimensions(key))
            timers[key] = timer
            return timer
        }
        let (seconds, attoseconds) = identity.elapsed.components
        timer.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    /// Counts a request that did not become a call.
    func refused(_ code: String) {
        let counter = refusals.withLock { counters in
            if let counter = counters[code] { return counter }
            let counter = Counter(label: "http.server.requests.rejected", dimensions: [("reason", code)])
            counters[code] = counter
            return counter
        }
        counter.increment()
    }

    private static func dimensions(_ key: Key) -> [(String, String)] {
        [("http.route", key.route), ("http.request.method", "POST"), ("http.response.status_code", "\(key.status)")]
    }
}
