// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Which idle connection makes room for which new one: rules without the connections.
///
/// Connections of the address that has the most go first, so that one client with many connections costs others none of
/// theirs.
enum MakingRoom {
    /// Where an idle connection stands.
    struct Rank: Equatable {
        let address: String
        /// How many connections its address has by the time it goes, after those before it in the order.
        let level: Int

        /// Whether it makes room for a connection from an address that then has so many.
        ///
        /// For one from its own address always; for one from another address if that has no more connections than this
        /// one's.
        func makesRoom(for newcomer: String, count: Int) -> Bool { level >= count || address == newcomer }
    }

    /// The order in which idle connections go, the first to go first, as positions in `idle`.
    ///
    /// - Parameters:
    ///   - idle: the connections' addresses, and since when they have been idle.
    ///   - counts: the connections of each address, idle or not.
    static func order(
        _ idle: [(address: String, since: UInt64)],
        counts: [String: Int]
    ) -> [(index: Int, rank: Rank)] {
        var left = counts
        let ranked = idle.indices.sorted { idle[$0].since < idle[$1].since }
            .map { index in
                let (address, since) = idle[index]
                let level = left[address] ?? 1
                left[address] = level - 1
                return (index: index, since: since, rank: Rank(address: address, level: level))
            }
        return ranked.sorted { ($1.rank.level, $0.since) < ($0.rank.level, $1.since) }.map { ($0.index, $0.rank) }
    }
}
