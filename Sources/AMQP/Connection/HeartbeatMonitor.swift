// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// When to send a heartbeat, and when the peer counts as dead; a value, told the time by its owner.
struct HeartbeatMonitor {
    /// What is due.
    enum Action: Equatable {
        case nothing, send, declareDead
    }

    // nil while heartbeats are off.
    private let interval: Duration?
    private var lastSent: Moment
    /// When bytes last came from the broker.
    private(set) var lastReceived: Moment

    /// Makes a monitor; zero turns it off.
    init(interval: Duration, now: Moment) {
        self.interval = interval > .zero ? interval : nil
        lastSent = now
        lastReceived = now
    }

    /// Bytes left for the broker.
    mutating func didSend(at now: Moment) { lastSent = now }

    /// Bytes came from the broker.
    mutating func didReceive(at now: Moment) { lastReceived = now }

    /// What is due now.
    func action(at now: Moment) -> Action {
        guard let interval else { return .nothing }
        if now >= lastReceived + interval * 2 { return .declareDead }
        return now >= lastSent + interval / 2 ? .send : .nothing
    }

    /// When something is due next; nil for never.
    var nextInstant: Moment? {
        guard let interval else { return nil }
        return min(lastReceived + interval * 2, lastSent + interval / 2)
    }
}
