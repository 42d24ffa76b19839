// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Synchronization

/// What the next connection will find.
enum Welcome {
    case serve
    /// No ordinary place, unless an idle connection makes room.
    case replaceIdle
    /// Not even a place for an urgent request.
    case refuse
}

extension ServerLoop {
    /// What the next connection will find; nil when it has to wait for the next turn.
    func nextWelcome() -> Welcome? {
        switch crowd.step(isCrowded: counters.isCrowded) {
        case .serve: return .serve
        case .replaceIdle: return .replaceIdle
        case .wait: return nil
        case .replaceUrgent:
            noteShortage()
            guard let first = firstUrgent() else { return .refuse }
            first.leave()
            return nil
        }
    }

    /// The connection for urgent requests that makes room for the next.
    private func firstUrgent() -> HTTPConnection? {
        let urgent = connections.filter { $0.place == .urgent }
        let counts = Dictionary(urgent.map { ($0.network, 1) }, uniquingKeysWith: +)
        let candidates = urgent.compactMap { connection in connection.urgentSince.map { (connection, since: $0) } }
        let order = MakingRoom.order(candidates.map { ($0.0.network, $0.since) }, counts: counts)
        return order.first.map { candidates[$0.index].0 }
    }

    /// The place of a connection that came when the ordinary ones were taken, and is counted already.
    func placeInCrowd(for network: String) -> Place {
        if replaceIdle(for: network) { return .ordinary }
        // Another loop may have one to close; then there is a place soon.
        counters.want([network])
        noteShortage()
        return .urgent
    }

    /// Closes idle connections at the request of other loops, and logs the end of a shortage of places.
    func relieveCrowd() {
        let wanted = counters.takeWanted()
        // Where there are no more than places, whoever wanted one has it or has gone.
        if counters.isOverfull { counters.want(wanted.filter { !replaceIdle(for: $0) }) }
        if !counters.isCrowded { idle = IdleConnections() }
        if counters.becomeRoomy(now: now) { logger.notice("there is room for connections again") }
    }

    /// Closes an idle connection to admit one from this network; false when there is none that has to make room for it.
    private func replaceIdle(for network: String) -> Bool {
        idle.look(at: connections, counts: { counters.connectionsByNetwork }, now: now)
        let count = counters.connections(from: network)
        guard let connection = idle.takeNext(for: network, count: count) else { return false }
        counters.replacedConnections.add(1, ordering: .relaxed)
        connection.leave()
        return true
    }

    private func noteShortage() {
        guard counters.becomeShort(now: now) else { return }
        logger.warning(
            "connections are short and none is idle: new ones are for probes only until others end",
            metadata: ["connections": "\(counters.connections.load(ordering: .relaxed))"]
        )
    }
}
