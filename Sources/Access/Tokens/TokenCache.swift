// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// The tokens that were proved lately, by their digests: a bounded number, of which those go first that were not used.
///
/// What is not proved is not kept, so that nobody who has no token can push out those of others.
final class TokenCache: Sendable {
    struct Entry: Sendable {
        let principal: Principal
        /// The last second in which it is taken.
        let end: Int64
        /// What it was proved by.
        let keys: KeySet
        let issuer: Issuer
    }

    private let entries: Guarded<RecentlyUsed<KeyDigest, Entry>>

    init(capacity: Int) { entries = Guarded(RecentlyUsed(capacity: capacity)) }

    /// How many there are.
    var count: Int { entries.withLock { $0.count } }

    /// Who a token is from, if that was proved and still holds.
    func principal(_ digest: KeyDigest, now: Int64) -> Principal? {
        entries.withLock { $0.use(digest) }.flatMap { Self.holding($0, now) }
    }

    func insert(_ digest: KeyDigest, _ entry: Entry) { entries.withLock { $0.insert(digest, entry) } }

    private static func holding(_ entry: Entry, _ now: Int64) -> Principal? {
        now <= entry.end && entry.keys === entry.issuer.keys.current ? entry.principal : nil
    }
}
