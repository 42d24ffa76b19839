// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// Ends waits that a C library does not end by itself.
///
/// A TLS write that OpenSSL holds up waits without a bound. The connection's loop says beforehand by when it has to be
/// over, and afterwards that it is; when the bound has passed, another loop shuts the descriptor down.
final class Watchdog: Sendable {
    private let bound: Duration
    private let deadline: Guarded<Moment?>
    private let timer: DeadlineTimer?

    /// - Parameters:
    ///   - bound: how long a wait may last.
    ///   - action: run on another loop when one lasts longer; must not block.
    init(bound: Duration, _ action: @escaping @Sendable () -> Void) {
        self.bound = bound
        let deadline = Guarded<Moment?>(nil)
        self.deadline = deadline
        // Without a descriptor for a loop the wait goes unbounded, as long as the socket itself does.
        timer = (try? EventLoop.shared()).map { loop in
            DeadlineTimer(loop: loop, isUrgent: true) { now in
                // It stays armed from wait to wait, so that not every wait costs a wake-up.
                guard let end = deadline.withLock({ $0 }), end <= now else { return deadline.withLock { $0 } }
                action()
                return nil
            }
        }
    }

    deinit { timer?.stop() }

    /// Runs what may wait.
    func watch<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        let end = Moment.now + bound
        deadline.withLock { $0 = end }
        timer?.arm(end)
        defer { deadline.withLock { $0 = nil } }
        try body()
    }
}
