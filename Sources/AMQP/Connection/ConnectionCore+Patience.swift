// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// While nobody is in a hurry to hear what the broker says of the publishes under way, its word does not wake the loop:
/// it is read along with the next deliveries, which for a call are its reply, and after a few milliseconds at the
/// latest. With one call at a time that saves one wake-up of two.
extension ConnectionCore: Follower {
    /// This many bytes in the socket wake the loop even then: one more than a lone confirm has. A returned message, and
    /// whatever closes a channel or the connection, has more.
    private static let wakingBytes: Int32 = 22
    /// How long a word may lie in the socket.
    static let patience = Duration.milliseconds(10)

    /// Sets whether the broker's word wakes the loop, as the publish that was just written wants it.
    func suit(_ request: PublishRequest) {
        if !request.isPatient { return hurry() }
        guard patientUntil == nil, mayBePatient else { return }
        guard transport?.setWakingBytes(Self.wakingBytes) == true else { return }
        patientUntil = loop.now + Self.patience
        loop.add(follower: self)
    }

    private var mayBePatient: Bool {
        phase == .open && !isBlocked && closeDeadline == nil && transport?.isTLS == false
            && channels.allSatisfy { $0.tracker.urgentCount == 0 && $0.calls.allSatisfy(\.isProbe) }
    }

    /// Has every byte wake the loop.
    func hurry() {
        guard patientUntil != nil else { return }
        patientUntil = nil
        loop.remove(follower: self)
        // What lies in the socket already wakes it too.
        _ = transport?.setWakingBytes(1)
    }

    func othersHadInput() {
        guard heartbeats.lastReceived != loop.now else { return }
        readsAlong = true
        askFlush()
    }

    /// Reads what has come unnoticed, if asked to.
    func readAlong() throws(AMQPError) {
        guard readsAlong else { return }
        readsAlong = false
        try readFrames(isReadable: false)
    }

    /// Reads what has lain in the socket for long enough.
    func endPatience(_ now: Moment) throws(AMQPError) {
        guard let patientUntil, patientUntil <= now else { return }
        self.patientUntil = now + Self.patience
        try readFrames(isReadable: false)
        if channels.allSatisfy({ $0.tracker.isEmpty }) { hurry() }
    }
}
