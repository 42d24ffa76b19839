// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

extension ConnectionCore {
    /// Appends a method frame to the output.
    func write(_ method: Method, channel: UInt16) {
        output.write { FrameEncoder.append(method, channel: channel, to: &$0) }
    }

    /// Gives the socket what it takes; never waits.
    func writeOutput() throws(AMQPError) {
        guard let transport else { return }
        // What was left may have been taken back.
        if output.isEmpty { return watch?.change(to: .readable) ?? () }
        let before = output.sentPosition
        do throws(AMQPError) {
            try guarded { () throws(AMQPError) in try transport.flush(&output) }
        } catch {
            // The broker may have said why before it hung up.
            try readFrames(isReadable: false)
            throw error
        }
        if output.sentPosition != before { heartbeats.didSend(at: loop.now) }
        watch?.change(to: output.isEmpty ? .readable : [.readable, .writable])
    }

    private func guarded(_ body: () throws(AMQPError) -> Void) throws(AMQPError) {
        guard let watchdog else { return try body() }
        try watchdog.watch(body)
    }
}
