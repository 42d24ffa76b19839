// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
@preconcurrency internal import Glibc
internal import Threads

/// A listener as one loop has it. Loop thread only, and before that thread knows of it.
final class LoopListener {
    /// -1 once it is closed.
    private(set) var descriptor: Int32
    /// The hosts that requests on it may be for.
    let hosts: AnsweredHosts
    /// Whether its connections are those of a Unix socket.
    let isUnix: Bool
    private let isInherited: Bool
    /// Whether somebody has come in this turn.
    var hasCaller = false
    private var watch: Watch?

    /// Takes over the descriptor of one loop.
    init(_ listener: BoundListener, loop: Int) {
        descriptor = listener.descriptors[loop]
        hosts = listener.hosts
        isInherited = listener.isInherited
        isUnix = if case .unix = listener.address { true } else { false }
    }

    func begin(on loop: EventLoop, _ signal: any EventSource) throws(OutOfResources) {
        watch = try loop.watch(descriptor, for: .readable, signal)
    }

    func rest() { watch?.change(to: []) }
    func goOn() { watch?.change(to: .readable) }

    /// Has the kernel turn new connections away, so that none comes between the last look and the end.
    ///
    /// Where it refuses, that stays so. A socket that others may go on with is left as it is.
    func turnAway() {
        guard !isInherited else { return }
        if isUnix { shutdown(descriptor, Int32(SHUT_RD)) } else { _ = clinux_drop_new_handshakes(descriptor) }
    }

    /// Ends the watch alone.
    func endWatch() {
        watch?.end()
        watch = nil
    }

    func close() {
        endWatch()
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
