// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Places that all clients share, none of which is kept for long: for one too many the oldest holder goes of the client that has
/// the most, by the rule of `MakingRoom`.
///
/// A value without the holders' effects. Taking a place and giving it back take the same time however many there are.
struct SharedPlaces<Holder> {
    /// What a holder is known by as long as it has its place.
    typealias Ticket = UInt64

    private let capacity: Int
    private var holders: [Ticket: (holder: Holder, client: String)] = [:]
    private var tickets: [String: Chain<Ticket>] = [:]
    /// The clients that have so many places, those first that came to have so many before the others.
    private var levels: [Int: Chain<String>] = [:]
    /// How many places the client has that has the most.
    private var most = 0
    private var nextTicket: Ticket = 0

    /// - Parameter capacity: one at the least.
    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// How many places are taken.
    var count: Int { holders.count }

    /// Takes a place for a client; returns who has lost theirs for it, if there are too many.
    @discardableResult
    mutating func take(_ holder: Holder, for client: String) -> (ticket: Ticket, displaced: Holder?) {
        let displaced = holders.count < capacity ? nil : makeRoom(for: client)
        let ticket = nextTicket
        nextTicket += 1
        holders[ticket] = (holder, client)
        let count = tickets[client]?.count ?? 0
        tickets[client, default: Chain()].append(ticket)
        move(client, from: count, to: count + 1)
        return (ticket, displaced)
    }

    /// Gives a place back; has no effect for one that is lost already.
    @discardableResult
    mutating func giveBack(_ ticket: Ticket) -> Holder? {
        guard let (holder, client) = holders.removeValue(forKey: ticket), let count = tickets[client]?.count else {
            return nil
        }
        tickets[client]?.remove(ticket)
        if count == 1 { tickets[client] = nil }
        move(client, from: count, to: count - 1)
        return holder
    }

    /// Gives all places back whose holders have ended.
    mutating func removeAll(where hasEnded: (Holder) -> Bool) {
        for (ticket, (holder, _)) in holders where hasEnded(holder) { giveBack(ticket) }
    }

    /// Gives all places back; returns who had them, in the order in which they came.
    mutating func takeAll() -> [Holder] {
        defer { (holders, tickets, levels, most) = ([:], [:], [:], 0) }
        return holders.sorted { $0.key < $1.key }.map { $0.value.holder }
    }

    private mutating func makeRoom(for client: String) -> Holder? {
        guard let first = levels[most]?.first else { return nil }
        let rank = MakingRoom.Rank(client: first, level: most)
        let count = (tickets[client]?.count ?? 0) + 1
        let loser = rank.makesRoom(for: client, count: count) ? first : client
        guard let oldest = tickets[loser]?.first else { return nil }
        return giveBack(oldest)
    }

    private mutating func move(_ client: String, from old: Int, to new: Int) {
        levels[old]?.remove(client)
        if levels[old]?.first == nil { levels[old] = nil }
        if new > 0 { levels[new, default: Chain()].append(client) }
        most = new > most ? new : most == old && levels[old] == nil ? new : most
    }
}

extension SharedPlaces: Sendable where Holder: Sendable {}

/// Keys in the order in which they came, any of which can be taken out in the same time.
private struct Chain<Key: Hashable> {
    private var links: [Key: (before: Key?, after: Key?)] = [:]
    private(set) var first: Key?
    private var last: Key?

    var count: Int { links.count }

    /// Puts a key behind the others; it is not among them.
    mutating func append(_ key: Key) {
        links[key] = (last, nil)
        if let last { links[last]?.after = key } else { first = key }
        last = key
    }

    mutating func remove(_ key: Key) {
        guard let (before, after) = links.removeValue(forKey: key) else { return }
        if let before { links[before]?.after = after } else { first = after }
        if let after { links[after]?.before = before } else { last = before }
    }
}

extension Chain: Sendable where Key: Sendable {}
