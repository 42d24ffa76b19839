// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// How many descriptors a server's connections may take, and what for.
///
/// What the process opens besides, the broker's connections above all, is never among them.
struct ConnectionPlaces: Equatable {
    private static let urgentLimits = 4...32
    private static let lingeringLimits = 4...256

    /// Connections, over all loops, that are served whatever they ask for.
    let ordinary: Int
    /// Further connections of each loop, on which only urgent requests are answered.
    let urgentPerLoop: Int
    /// Sockets of each loop whose clients have their last answer and still send.
    let lingeringPerLoop: Int

    /// Shares out the descriptors: a sixteenth for urgent requests and an eighth for lingering sockets, within bounds.
    ///
    /// - Parameters:
    ///   - maximum: the most ordinary connections.
    ///   - descriptors: what the server may have open for connections.
    ///   - loops: the loops that share them.
    init(maximum: Int, descriptors: Int, loops: Int) {
        urgentPerLoop = Self.part(descriptors / 16 / loops, Self.urgentLimits)
        lingeringPerLoop = Self.part(descriptors / 8 / loops, Self.lingeringLimits)
        ordinary = max(1, min(maximum, descriptors - loops * (urgentPerLoop + lingeringPerLoop)))
    }

    /// How many descriptors so many connections need.
    static func descriptors(for maximum: Int, loops: Int) -> Int {
        maximum + loops * (urgentLimits.upperBound + lingeringLimits.upperBound)
    }

    private static func part(_ count: Int, _ limits: ClosedRange<Int>) -> Int {
        min(max(count, limits.lowerBound), limits.upperBound)
    }
}
