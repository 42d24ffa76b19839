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

    /// Two generations: a full young one takes the place of the old one.
    private struct State {
        var young: [KeyDigest: Entry] = [:]
        var old: [KeyDigest: Entry] = [:]
    }

    private let state = Guarded(State())
    private let mostOfGeneration: Int

    init(capacity: Int) { mostOfGeneration = max(1, capacity / 2) }

    /// How many there are.
    var count: Int { state.withLock { $0.young.count + $0.old.count } }

    /// Who a token is from, if that was proved and still holds.
    func principal(_ digest: KeyDigest, now: Int64) -> Principal? {
        state.withLock { state in
            if let entry = state.young[digest] { return Self.holding(entry, now) }
            guard let entry = state.old.removeValue(forKey: digest), let principal = Self.holding(entry, now) else {
                return nil
            }
            insert(digest, entry, &state)
            return principal
        }
    }

    func insert(_ digest: KeyDigest, _ entry: Entry) { state.withLock { insert(digest, entry, &$0) } }

    private func insert(_ digest: KeyDigest, _ entry: Entry, _ state: inout State) {
        if state.young.count >= mostOfGeneration, state.young[digest] == nil {
            (state.old, state.young) = (state.young, [:])
        }
        state.young[digest] = entry
    }

    private static func holding(_ entry: Entry, _ now: Int64) -> Principal? {
        now <= entry.end && entry.keys === entry.issuer.keys.current ? entry.principal : nil
    }
}
