// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// One call that waits: what it was promised and how far it has come.
struct ReplyWaiter: Sendable {
    /// What does not change while the call waits.
    struct Promise: Sendable {
        let started: Moment
        let deadline: Moment
        let timeout: Duration
        let monitorTimeout: Duration?
        let completion: WaitCompletion

        init(
            started: Moment,
            deadline: Moment,
            timeout: Duration,
            monitorTimeout: Duration?,
            completion: WaitCompletion
        ) {
            self.started = started
            self.deadline = deadline
            self.timeout = timeout
            self.monitorTimeout = monitorTimeout
            self.completion = completion
        }
    }

    /// What came before the ending message; rare, so it costs the others one word.
    indirect enum Outcome: Sendable {
        case value(JSONText)
        case failure(RemoteError)
    }

    let promise: Promise
    private(set) var monitorDeadline: Moment?
    private(set) var stage: MessagingError.Stage = .connect
    private(set) var publishDuration: Duration?
    var outcome: Outcome?

    init(_ request: RPCRequest, started: Moment, completion: WaitCompletion) {
        promise = Promise(
            started: started,
            deadline: request.deadline,
            timeout: request.timeout,
            monitorTimeout: request.callMonitorTimeout,
            completion: completion
        )
    }

    init(_ request: PlainRequest, started: Moment, completion: WaitCompletion) {
        promise = Promise(
            started: started,
            deadline: request.deadline,
            timeout: request.timeout,
            monitorTimeout: nil,
            completion: completion
        )
    }

    /// The time until the broker had confirmed the request, or until now when the reply came first.
    func publishDuration(now: Moment) -> Duration {
        publishDuration ?? promise.started.duration(to: now)
    }

    /// The earlier of the two moments at which the call ends without a reply.
    var effectiveDeadline: Moment {
        guard let monitorDeadline else { return promise.deadline }
        return min(promise.deadline, monitorDeadline)
    }

    /// Notes that the request has come further; the call monitor's clock starts with the confirm.
    mutating func advance(to stage: MessagingError.Stage, now: Moment) {
        self.stage = stage
        guard stage == .reply else { return }
        publishDuration = publishDuration ?? promise.started.duration(to: now)
        restartMonitor(now)
    }

    /// Notes that the request may be written from now on; one whose reply is awaited already stays so.
    mutating func begin() {
        if stage == .connect { stage = .publish }
    }

    mutating func restartMonitor(_ now: Moment) {
        monitorDeadline = promise.monitorTimeout.map { now.advanced(by: $0) }
    }

    /// The error of a call that ends at its deadline or at that of its monitor.
    func expiry(_ id: UniqueID, now: Moment) -> MessagingError {
        if let monitorDeadline, monitorDeadline <= now, now < promise.deadline {
            let message =
                "No heartbeat of the server came within \(promise.monitorTimeout ?? .zero) (message ID \(id.hexadecimal))"
            return MessagingError(.callMonitorTimeout, message, execution: .maybe, stage: .reply)
        }
        let message =
            "Timed out waiting for a reply to message ID \(id.hexadecimal) after \(promise.timeout): \(progress)"
        return MessagingError(.timeout, message, execution: stage == .connect ? .no : .maybe, stage: stage)
    }

    private var progress: String {
        switch stage {
        case .connect: "no connection to the broker was free, nothing was sent"
        case .publish: "the broker has not confirmed the request"
        case .reply: "the broker has taken the request, the server has not answered"
        }
    }
}
