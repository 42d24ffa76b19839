// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How much of something limited each holder has, and how much it may have.
///
/// Nobody may have more than is left over for others: one holder alone gets half, two get a third each. So no holder
/// can take everything, whatever it sends, and nobody's share has to be configured.
struct Shares: Sendable {
    private var held: [Holder: Int] = [:]
    /// What all have together.
    private(set) var total = 0

    /// What a holder has.
    subscript(holder: Holder) -> Int { held[holder] ?? 0 }

    /// Notes that a holder has more.
    mutating func add(_ amount: Int, to holder: Holder) {
        guard amount > 0 else { return }
        held[holder, default: 0] += amount
        total += amount
    }

    /// Notes that a holder has less.
    mutating func remove(_ amount: Int, from holder: Holder) {
        guard amount > 0 else { return }
        let left = self[holder] - amount
        held[holder] = left > 0 ? left : nil
        total -= amount
    }

    /// The most that a holder may have of a limit, given what the others have.
    func share(of holder: Holder, in limit: Int) -> Int { max(0, (limit - (total - self[holder]) + 1) / 2) }

    /// Whether a holder may have one more of a limit.
    func hasPlace(for holder: Holder, in limit: Int) -> Bool { self[holder] < share(of: holder, in: limit) }
}
