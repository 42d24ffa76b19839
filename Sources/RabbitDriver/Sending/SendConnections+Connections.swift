// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import ConnectionPool
internal import Logging
internal import Messaging
internal import Threads

extension SendConnections {
    /// Opens the connection that the pool asked for.
    func connect(_ id: Int) {
        let connection = SendConnection(id: id, owner: self)
        state.withLock { $0.open[id] = connection }
        connection.start { [self] result in
            switch result {
            case .success:
                troubles.end(nil)
                act(state.withLock { $0.pool.connectionEstablished(id, now: .now) })
            case .failure(let error): didFail(id, error)
            }
        }
    }

    private func didFail(_ id: Int, _ error: AMQPError) {
        troubles.tell("messages cannot be sent, connecting again", error, of: nil, to: logger)
        let random = Double.random(in: 0..<1)
        act(
            state.withLock { state in
                state.open[id] = nil
                return state.pool.connectionFailed(
                    id,
                    error: error,
                    isRetriable: error.isRetriable,
                    randomFactor: random,
                    now: .now
                )
            }
        )
    }

    /// A connection is gone; how its unconfirmed messages ended has been told before.
    func didClose(_ id: Int) {
        let random = Double.random(in: 0..<1)
        act(
            state.withLock { state in
                state.open[id] = nil
                return state.pool.connectionClosed(id, randomFactor: random, now: .now)
            }
        )
    }

    /// A connection was given up because nothing came over it: perhaps nothing else reports it.
    func noteSilence(_ error: AMQPError) {
        troubles.tell("broker lost, messages cannot be sent", error, of: nil, to: logger)
    }

    func didBlock(_ id: Int, reason: String) {
        // Every connection is told that it is blocked; one line is enough.
        let isNews = state.withLock { $0.pool.currentCounts.blocked == 0 }
        if isNews { logger.warning("broker blocks publishers", metadata: ["reason": "\(reason)"]) }
        act(
            state.withLock { state in
                state.blockedReason = reason
                return state.pool.connectionBlocked(id)
            }
        )
    }

    func didUnblock(_ id: Int) {
        act(state.withLock { $0.pool.connectionUnblocked(id, now: .now) })
        if state.withLock({ $0.pool.currentCounts.blocked == 0 }) { logger.notice("broker takes messages again") }
    }
}
