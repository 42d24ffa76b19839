// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Logging
internal import Threads

/// Finds out whether a broker that is silent on one connection answers on another: then the path is gone, not the
/// broker, and every other connection on which it does not answer is given up at once.
final class Witness: Sendable {
    private struct Watched {
        weak var connection: Connection?
    }

    private struct State {
        var watched: [Watched] = []
        /// Whether another connection is being tried; one at a time.
        var isTrying = false
    }

    private let state = Guarded(State())

    /// Has a connection challenged when its broker answers others; it is not retained.
    func watch(_ connection: Connection) {
        state.withLock { state in
            state.watched.removeAll { $0.connection == nil }
            state.watched.append(Watched(connection: connection))
        }
    }

    /// Tries another connection to the broker, unless one is being tried.
    func ask(_ broker: ConnectionConfiguration, loop: EventLoop, logger: Logger) {
        let isFirst = state.withLock { state in
            defer { state.isTrying = true }
            return !state.isTrying
        }
        guard isFirst else { return }
        let trial = Connection(configuration: broker, loop: loop, logger: logger, delegate: nil)
        trial.start { [self] result in
            let watched = state.withLock { state in
                state.isTrying = false
                return state.watched
            }
            guard case .success = result else { return }
            trial.close()
            for watched in watched { watched.connection?.challenge(broker) }
        }
    }
}
