// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization
internal import Threads

/// What all loops of a server count together.
final class ServerCounters: Sendable {
    enum Admission {
        case admitted
        case refused(HTTPFailure.Reason)
    }

    let connections = Atomic<Int>(0)
    let requestsInFlight = Atomic<Int>(0)
    let streams = Atomic<Int>(0)
    let refusedConnections = Atomic<Int>(0)
    let arrivingBodyBytes = Atomic<Int>(0)
    private let maximumConnections: Int
    private let maximumConnectionsPerAddress: Int
    private let perAddress = Guarded<[String: Int]>([:])

    init(maximumConnections: Int, maximumConnectionsPerAddress: Int) {
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerAddress = maximumConnectionsPerAddress
    }

    /// Takes a place for a connection; `release` gives it back.
    func admit(_ address: String) -> Admission {
        guard connections.add(1, ordering: .relaxed).newValue <= maximumConnections else {
            connections.subtract(1, ordering: .relaxed)
            return refuse(.tooManyConnections)
        }
        guard maximumConnectionsPerAddress == 0 || takePlace(for: address) else {
            connections.subtract(1, ordering: .relaxed)
            return refuse(.tooManyConnectionsFromAddress)
        }
        return .admitted
    }

    func release(_ address: String) {
        connections.subtract(1, ordering: .relaxed)
        guard maximumConnectionsPerAddress > 0 else { return }
        perAddress.withLock { counts in
            let left = (counts[address] ?? 1) - 1
            counts[address] = left > 0 ? left : nil
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

    private func refuse(_ reason: HTTPFailure.Reason) -> Admission {
        refusedConnections.add(1, ordering: .relaxed)
        return .refused(reason)
    }

    private func takePlace(for address: String) -> Bool {
        perAddress.withLock { counts in
            let count = (counts[address] ?? 0) + 1
            guard count <= maximumConnectionsPerAddress else { return false }
            counts[address] = count
            return true
        }
    }
}
