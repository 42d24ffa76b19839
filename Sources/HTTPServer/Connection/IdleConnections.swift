// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The connections of a loop that can be closed to make room, found by looking through all of them now and again.
struct IdleConnections {
    private static let foundAtOnce = 1_024

    /// Sorted so that the one that goes first is the last.
    private var found: [(connection: HTTPConnection, since: UInt64, rank: MakingRoom.Rank)] = []
    private var nextLook: UInt64 = 0

    /// Looks through the connections unless it did so just now.
    ///
    /// - Parameter counts: the connections of each network, over all loops.
    mutating func look(at connections: [HTTPConnection], counts: () -> [String: Int], now: UInt64) {
        guard nextLook <= now else { return }
        // A look at thousands takes less than a tenth of this time.
        nextLook = now + UInt64(connections.count / 256)
        let idle = connections.compactMap { connection in connection.idleSince.map { (connection, since: $0) } }
        let order = MakingRoom.order(idle.map { ($0.0.network, $0.since) }, counts: counts())
        found = order.prefix(Self.foundAtOnce).reversed().map { (idle[$0.index].0, idle[$0.index].since, $0.rank) }
    }

    /// Removes and returns the connection that makes room for one from this network, which has so many including the
    /// new one.
    mutating func takeNext(for network: String, count: Int) -> HTTPConnection? {
        while let index = found.lastIndex(where: { $0.rank.makesRoom(for: network, count: count) }) {
            let (connection, since, _) = found.remove(at: index)
            // Since it was found it may have been closed or have had a request, and it may have one now.
            if connection.idleSince == since, !connection.hasUnreadBytes { return connection }
        }
        return nil
    }
}
