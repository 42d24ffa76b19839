// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// The handshakes of a loop: how many are under way, and which of them have something to do.
///
/// A value without the connections' effects, so that its rules can be read and tested in one place. Clients are told apart by
/// `ClientOrigin.network`: one that begins very many, or never ends any, costs others neither their places nor their turns.
struct Handshakes<Member: AnyObject> {
    /// What a connection is known by while its handshake is under way.
    typealias Ticket = SharedPlaces<Member>.Ticket

    private var underWay: SharedPlaces<Member>
    private var due = TurnQueue<String, Member>()

    /// - Parameter limit: how many may be under way at the same time.
    init(limit: Int) { underWay = SharedPlaces(capacity: limit) }

    /// How many are under way.
    var count: Int { underWay.count }

    /// Whether none has anything to do.
    var isIdle: Bool { due.count == 0 }

    /// A handshake begins; returns one that has to end for it, if there are too many: the oldest of the client that has the most.
    ///
    /// Those that are never finished are closed for new ones, and not the other way round: a handshake of somebody who
    /// means it takes a moment.
    mutating func begin(_ member: Member, of client: String) -> (ticket: Ticket, tooMany: Member?) {
        let (ticket, displaced) = underWay.take(member, for: client)
        return (ticket, displaced)
    }

    /// A handshake has ended.
    mutating func end(_ ticket: Ticket) { underWay.giveBack(ticket) }

    /// One has something to do; it is called when it is its client's turn and those of this client before it have done theirs.
    mutating func add(_ member: Member, of client: String) { _ = due.add(member, of: client) }

    /// Takes the next that has something to do.
    mutating func next() -> Member? { due.next() }
}
