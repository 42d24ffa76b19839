// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import Threads

/// What the loops of a server count together.
final class ServerCounters: Sendable {
    enum Admission {
        case admitted
        case refused(HTTPFailure.Reason)
    }

    let connections = Atomic<Int>(0)
    let requestsInFlight = Atomic<Int>(0)
    let streams = Atomic<Int>(0)
    let refusedConnections = Atomic<Int>(0)
    let replacedConnections = Atomic<Int>(0)
    let handshakes = Atomic<Int>(0)
    let failedHandshakes = Atomic<Int>(0)
    /// When a connection last found no ordinary place, in milliseconds of the loops' clock; 0 while the log does not
    /// say that places are short.
    private let shortage = Atomic<UInt64>(0)
    let arrivingBodyBytes = Atomic<Int>(0)
    private let maximumConnections: Int
    private let maximumConnectionsPerAddress: Int
    /// The connections of each client, by `ClientOrigin.network`.
    private let perNetwork = Guarded<[String: Int]>([:])
    private static let wantedLimit = 64
    /// Networks for whose connections one loop found nothing to close; others may.
    private let wanted = Guarded(SharedPlaces<String>(capacity: ServerCounters.wantedLimit))

    init(maximumConnections: Int, maximumConnectionsPerAddress: Int) {
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerAddress = maximumConnectionsPerAddress
    }

    /// Whether the ordinary places are taken.
    var isCrowded: Bool { connections.load(ordering: .relaxed) >= maximumConnections }

    /// Whether there are more connections than ordinary places.
    var isOverfull: Bool { connections.load(ordering: .relaxed) > maximumConnections }

    private static let shortageMilliseconds: UInt64 = 10_000

    /// Notes that a connection found no ordinary place; returns whether that is news.
    func becomeShort(now: UInt64) -> Bool { shortage.exchange(max(1, now), ordering: .relaxed) == 0 }

    /// Whether places were short and every connection has found one for a while; true once.
    func becomeRoomy(now: UInt64) -> Bool {
        let last = shortage.load(ordering: .relaxed)
        guard last != 0, last + Self.shortageMilliseconds <= now else { return false }
        return shortage.compareExchange(expected: last, desired: 0, ordering: .relaxed).exchanged
    }

    /// Asks other loops to close idle connections for those from these networks.
    func want(_ networks: [String]) {
        guard !networks.isEmpty else { return }
        wanted.withLock { wanted in for network in networks { wanted.take(network, for: network) } }
    }

    /// Takes over what other loops have asked for.
    func takeWanted() -> [String] {
        wanted.withLock { $0.takeAll() }
    }

    /// The connections from a network.
    func connections(from network: String) -> Int { perNetwork.withLock { $0[network] ?? 0 } }

    /// The connections from every network.
    var connectionsByNetwork: [String: Int] { perNetwork.withLock { $0 } }

    /// Counts a connection in; `release` counts it out.
    func admit(_ network: String) -> Admission {
        connections.add(1, ordering: .relaxed)
        guard takePlace(for: network) else {
            connections.subtract(1, ordering: .relaxed)
            return .refused(refuse(.tooManyConnectionsFromAddress))
        }
        return .admitted
    }

    func release(_ network: String) {
        connections.subtract(1, ordering: .relaxed)
        perNetwork.withLock { counts in
            let left = (counts[network] ?? 1) - 1
            counts[network] = left > 0 ? left : nil
        }
    }

    /// Counts bytes of a body that is arriving; false, with nothing counted, when all of them together are too many.
    func holdBody(_ bytes: Int, limit: Int) -> Bool {
        guard arrivingBodyBytes.add(bytes, ordering: .relaxed).newValue > limit else { return true }
        arrivingBodyBytes.subtract(bytes, ordering: .relaxed)
        return false
    }

    func releaseBody(_ bytes: Int) {
        arrivingBodyBytes.subtract(bytes, ordering: .relaxed)
    }

    /// Counts a connection or request that is turned down at a limit.
    func refuse(_ reason: HTTPFailure.Reason) -> HTTPFailure.Reason {
        refusedConnections.add(1, ordering: .relaxed)
        return reason
    }

    private func takePlace(for network: String) -> Bool {
        perNetwork.withLock { counts in
            let count = (counts[network] ?? 0) + 1
            guard maximumConnectionsPerAddress == 0 || count <= maximumConnectionsPerAddress else { return false }
            counts[network] = count
            return true
        }
    }
}
