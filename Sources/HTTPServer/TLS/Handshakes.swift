// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The handshakes of a loop: how many are under way, and which of them have something to do.
///
/// A value without the connections' effects, so that its rules can be read and tested in one place.
struct Handshakes<Member: AnyObject> {
    /// What a connection is known by while its handshake is under way.
    typealias Ticket = UInt64

    private let limit: Int
    private var underWay: [Ticket: Member] = [:]
    private var nextTicket: Ticket = 0
    private var oldestTicket: Ticket = 0
    private var due: [Member] = []
    private var firstDue = 0

    /// - Parameter limit: how many may be under way at the same time.
    init(limit: Int) { self.limit = limit }

    /// How many are under way.
    var count: Int { underWay.count }

    /// Whether none has anything to do.
    var isIdle: Bool { firstDue == due.count }

    /// A handshake begins; returns one that has to end for it, the oldest, if there are too many.
    ///
    /// Those that are never finished are closed for new ones, and not the other way round: a handshake of somebody who
    /// means it takes a moment.
    mutating func begin(_ member: Member) -> (ticket: Ticket, tooMany: Member?) {
        var tooMany: Member?
        if underWay.count >= limit {
            while oldestTicket < nextTicket, tooMany == nil {
                tooMany = underWay.removeValue(forKey: oldestTicket)
                oldestTicket += 1
            }
        }
        let ticket = nextTicket
        nextTicket += 1
        underWay[ticket] = member
        return (ticket, tooMany)
    }

    /// A handshake has ended.
    mutating func end(_ ticket: Ticket) { underWay[ticket] = nil }

    /// One has something to do; it is called when those before it have done theirs.
    mutating func add(_ member: Member) { due.append(member) }

    /// Takes the next that has something to do.
    mutating func next() -> Member? {
        guard firstDue < due.count else { return nil }
        let member = due[firstDue]
        firstDue += 1
        if firstDue == due.count {
            due.removeAll(keepingCapacity: due.count <= 1_024)
            firstDue = 0
        } else if firstDue >= 1_024 {
            due.removeFirst(firstDue)
            firstDue = 0
        }
        return member
    }
}
