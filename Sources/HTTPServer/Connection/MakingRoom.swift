// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Whose connection makes room for which new one: rules without the connections.
///
/// Those of the client that has the most go first, so that one with many connections costs others none of theirs. Clients are told
/// apart by `ClientOrigin.network`.
enum MakingRoom {
    /// Where a connection stands.
    struct Rank: Equatable {
        let client: String
        /// How many connections its client has by the time it goes, after those before it in the order.
        let level: Int

        /// Whether it makes room for a connection of a client that then has so many.
        ///
        /// For one of its own client always; for one of another client if that has no more connections than this one's.
        func makesRoom(for newcomer: String, count: Int) -> Bool { level >= count || client == newcomer }
    }

    /// The order in which connections go, the first to go first, as positions in `candidates`.
    ///
    /// - Parameters:
    ///   - candidates: the connections' clients, and since when each could go.
    ///   - counts: the connections of each client, whether they can go or not.
    static func order(
        _ candidates: [(client: String, since: UInt64)],
        counts: [String: Int]
    ) -> [(index: Int, rank: Rank)] {
        var left = counts
        let ranked = candidates.indices.sorted { candidates[$0].since < candidates[$1].since }
            .map { index in
                let (client, since) = candidates[index]
                let level = left[client] ?? 1
                left[client] = level - 1
                return (index: index, since: since, rank: Rank(client: client, level: level))
            }
        return ranked.sorted { ($1.rank.level, $0.since) < ($0.rank.level, $1.since) }.map { ($0.index, $0.rank) }
    }
}
