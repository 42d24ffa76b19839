// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension HTTPConnection {
    /// How long a head may be on its way before its connection counts as idle.
    private static let headMilliseconds: UInt64 = 1_000

    /// Since when the connection could be closed to make room, in milliseconds of the loop's clock; nil when it cannot.
    var idleSince: UInt64? {
        guard place == .ordinary else { return nil }
        switch stage {
        case .unused: return session?.isEstablished ?? true ? begun(loop.readMilliseconds) : opened
        case .idle: return begun(loop.idleMilliseconds)
        case .receivingHead:
            let begun = begun(loop.readMilliseconds)
            return begun + Self.headMilliseconds <= loop.now ? begun : nil
        case .receivingBody, .droppingBody, .complete, .refused, .waiting, .deserted, .replying, .streaming, .parked:
            return nil
        }
    }

    /// When the wait that ends at the deadline began.
    private func begun(_ milliseconds: UInt64) -> UInt64 { deadline - min(deadline, milliseconds) }

    /// Since when a connection for urgent requests could make room, in milliseconds of the loop's clock; nil while a request is
    /// being answered. Those whose answer is being sent come after all without a request.
    var urgentSince: UInt64? {
        guard place == .urgent else { return nil }
        switch stage {
        case .complete, .refused, .waiting, .deserted: return nil
        case .replying, .streaming, .parked: return UInt64.max / 2 + opened
        case .unused, .idle, .receivingHead, .receivingBody, .droppingBody: return opened
        }
    }

    /// Closes the connection to make room for another; a request that is arriving is answered 503.
    func leave() {
        place = .leaving
        deadline = .max
        carryOut(stage.toMakeRoom)
    }

    /// Turns down what the connection is not there for.
    func checkPlace(_ head: RequestHead) throws(HTTPFailure) {
        if place == .urgent, !loop.counters.isOverfull { place = .ordinary }
        switch place {
        case .ordinary: return
        case .urgent where loop.handler.isUrgent(head): return
        case .urgent, .leaving, .closed: throw HTTPFailure(loop.counters.refuse(.tooManyConnections))
        }
    }
}
