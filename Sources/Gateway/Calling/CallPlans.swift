// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The plans of the latest calls, and the configuration that they are valid for.
///
/// Each path and query has one place, which it may share with others: whichever came last has it. So a look-up costs
/// one comparison, and clients that name ever new paths displace each other but cannot make the table grow.
struct CallPlans: Sendable {
    /// A plan with what it was made from.
    private struct Entry: Sendable {
        var path: [UInt8]
        var query: [UInt8]?
        var plan: CallPlan
    }

    /// The configuration in force.
    let snapshot: ConfigurationSnapshot
    private var entries: [Entry?]

    /// The most plans that are kept; a power of two.
    static let maximumCount = 512
    /// The longest path and query together whose plan is kept, in bytes.
    static let maximumKeyBytes = 512

    init(_ snapshot: ConfigurationSnapshot) {
        self.snapshot = snapshot
        entries = Array(repeating: nil, count: Self.maximumCount)
    }

    /// How many plans there are.
    var count: Int { entries.count { $0 != nil } }

    /// The plan of a path and query; nil where none is kept.
    func plan(path: [UInt8], query: [UInt8]?) -> CallPlan? {
        guard let entry = entries[Self.place(path, query)], entry.path == path, entry.query == query else { return nil }
        return entry.plan
    }

    /// Keeps a plan, unless it was made under another configuration or its path is unusually long.
    mutating func keep(_ plan: CallPlan, path: [UInt8], query: [UInt8]?) {
        guard plan.snapshot === snapshot, path.count + (query?.count ?? 0) <= Self.maximumKeyBytes else { return }
        entries[Self.place(path, query)] = Entry(path: path, query: query, plan: plan)
    }

    /// Whoever finds paths that share a place only has their plans made anew, so any mixing will do.
    private static func place(_ path: [UInt8], _ query: [UInt8]?) -> Int {
        var hash = mix(0, path)
        if let query { hash = mix(hash &+ 1, query) }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & UInt64(maximumCount - 1))
    }

    private static func mix(_ start: UInt64, _ bytes: [UInt8]) -> UInt64 {
        var hash = start
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash
    }
}
