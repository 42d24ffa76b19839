//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Threads

/// Ends waits that a C library will not end by itself.
///
/// A TLS write that OpenSSL holds up waits without a bound. Before it the connection's loop sets an alarm, which goes off on
/// another loop, and takes it back afterwards; what goes off shuts the descriptor down.
enum Watchdog {
    /// One bound of one wait.
    struct Alarm {
        private let timer: DeadlineTimer?

        /// Runs the action unless cancelled before; it must not block.
        init(after bound: Duration, _ action: @escaping @Sendable () -> Void) {
            // Without a descriptor for a loop the wait goes unbounded, as long as the socket itself does.
            timer = (try? EventLoop.shared()).map { loop in
                DeadlineTimer(loop: loop) { _ in
                    action()
                    return nil
                }
            }
            timer?.arm(.now + bound)
        }

        /// Takes the alarm back; one that is going off at this moment still does.
        func cancel() { timer?.stop() }
    }
}
