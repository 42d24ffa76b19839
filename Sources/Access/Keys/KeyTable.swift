// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

public import Names
internal import Synchronization

/// The keys of all clients, by their digests.
///
/// Looked up by digest: how long that takes tells of a digest that nobody can choose, and nothing of the keys that there are.
public struct KeyTable: Sendable {
    struct Entry: Sendable {
        let principal: Principal
        /// The first second in which it is no longer taken; nil for never.
        let expiry: Int64?
        let use: KeyUse
    }

    /// What a look for a key comes to.
    enum Look: Sendable {
        case found(Principal)
        case expired
        case unknown
    }

    let entries: [KeyDigest: Entry]

    /// Makes a table, which goes on with the uses of an earlier one.
    init(_ keys: [(digest: KeyDigest, principal: Principal, expiry: Int64?)], after earlier: KeyTable?) {
        var entries: [KeyDigest: Entry] = [:]
        for (digest, principal, expiry) in keys {
            let use = earlier?.entries[digest]?.use ?? KeyUse()
            entries[digest] = Entry(principal: principal, expiry: expiry, use: use)
        }
        self.entries = entries
    }

    /// How many keys there are.
    public var count: Int { entries.count }

    /// Looks for a key and notes its use.
    func look(_ key: ArraySlice<UInt8>, now: Int64) -> Look {
        guard APIKey.mayBeOne(key), let entry = entries[KeyDigest(of: key)] else { return .unknown }
        // One that was used before has been looked at then: nothing else has its digest.
        guard entry.use.last != nil || APIKey.hasForm(key) else { return .unknown }
        if let expiry = entry.expiry, now >= expiry { return .expired }
        entry.use.note(now)
        return .found(entry.principal)
    }

    /// When each key that was used was used last, in seconds since 1970, in no order.
    public var uses: [(name: Name, id: String, lastUse: Int64)] {
        entries.compactMap { digest, entry in
            entry.use.last.map { (entry.principal.name, digest.id, $0) }
        }
    }
}

/// When a key was used last; the same for all tables that hold the key, one after the other.
final class KeyUse: Sendable {
    private let seconds = Atomic<Int64>(.min)

    /// Seconds since 1970; nil before the first use.
    var last: Int64? {
        let seconds = seconds.load(ordering: .relaxed)
        return seconds == .min ? nil : seconds
    }

    func note(_ now: Int64) { seconds.store(now, ordering: .relaxed) }
}
