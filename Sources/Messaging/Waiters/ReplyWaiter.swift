// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// One wait: what for, how long, and how far it has come.
struct ReplyWaiter: Sendable {
    /// What has come before the end; indirect since it is rare, so that it costs other waits one word.
    indirect enum Received: Sendable {
        case value(JSONText)
        case failure(RemoteError)
        case replies(ReplyCollection)
    }

    let awaited: Awaited
    let started: Moment
    let deadline: Moment
    let timeout: Duration
    let monitorTimeout: Duration?
    private(set) var monitorDeadline: Moment?
    private(set) var stage: MessagingError.Stage = .connect
    private(set) var publishDuration: Duration?
    var received: Received?

    init(
        _ awaited: Awaited,
        started: Moment,
        deadline: Moment,
        timeout: Duration,
        monitorTimeout: Duration? = nil
    ) {
        self.awaited = awaited
        self.started = started
        self.deadline = deadline
        self.timeout = timeout
        self.monitorTimeout = monitorTimeout
        if case .replies(let minimum, _) = awaited { received = .replies(ReplyCollection(minimum: minimum)) }
    }

    /// The replies to a fanout call so far; nil for everything else.
    var collection: ReplyCollection? { if case .replies(let collection) = received { collection } else { nil } }

    /// Changes the replies to a fanout call.
    mutating func collect(_ change: (inout ReplyCollection) -> Void) {
        guard case .replies(var collection) = received else { return }
        // Held by one owner only, or every change would copy all replies.
        received = nil
        change(&collection)
        received = .replies(collection)
    }

    /// The time until the broker had confirmed the request, or until now if the reply came first.
    func publishDuration(now: Moment) -> Duration { publishDuration ?? started.duration(to: now) }

    /// The earlier of the two moments at which the wait ends by itself.
    var effectiveDeadline: Moment {
        guard let monitorDeadline else { return deadline }
        return min(deadline, monitorDeadline)
    }

    /// Notes that the request has come further; the call monitor's clock starts with the confirm.
    mutating func advance(to stage: MessagingError.Stage, now: Moment) {
        self.stage = stage
        guard stage == .reply else { return }
        publishDuration = publishDuration ?? started.duration(to: now)
        restartMonitor(now)
    }

    /// Notes that the request may be written from here on; one whose reply is awaited already stays so.
    mutating func begin() {
        if stage == .connect { stage = .publish }
    }

    mutating func restartMonitor(_ now: Moment) {
        monitorDeadline = monitorTimeout.map { now.advanced(by: $0) }
    }

    /// The error of a wait that ends at its deadline or at that of its monitor.
    func expiry(_ id: UniqueID, now: Moment) -> MessagingError {
        if let monitorDeadline, monitorDeadline <= now, now < deadline {
            let message =
                "No heartbeat of the server came within \(monitorTimeout ?? .zero) (message ID \(id.hexadecimal))"
            return MessagingError(.callMonitorTimeout, message, execution: .maybe, stage: .reply)
        }
        let message = "Timed out waiting for \(expectation(id)) after \(timeout): \(progress)"
        return MessagingError(.timeout, message, execution: stage == .connect ? .no : .maybe, stage: stage)
    }

    private func expectation(_ id: UniqueID) -> String {
        switch awaited {
        case .reply, .replies, .message: "a reply to message ID \(id.hexadecimal)"
        case .confirm: "the broker to confirm message ID \(id.hexadecimal)"
        case .status: "the broker to tell of the queue"
        }
    }

    private var progress: String {
        switch stage {
        case .connect: "no connection to the broker was free, nothing was sent"
        case .publish: "the broker has not confirmed the request"
        case .reply: "the broker has taken the request, the server has not answered"
        }
    }
}

/// The replies to one fanout call so far, within bounds.
struct ReplyCollection: Sendable {
    /// At most so many replies are kept.
    static let maximumCount = 10_000
    /// At most so many bytes are kept, including the flat rate for each reply.
    static let maximumBytes = 64 << 20
    /// About what a reply takes besides its bytes.
    static let bytesPerReply = 256

    let minimum: Int?
    let share: GatherMemory.Share
    private(set) var replies: [Result<JSONText, RemoteError>] = []
    private var bytes = 0
    private var isFull = false

    init(minimum: Int?, memory: GatherMemory = .ofProcess) {
        self.minimum = minimum.map { max(1, $0) }
        share = GatherMemory.Share(of: memory)
    }

    /// Whether as many replies are there as were asked for.
    var isComplete: Bool { minimum.map { replies.count >= $0 } ?? false }

    /// Whether nothing more is collected.
    var isOver: Bool { isFull || isComplete }

    /// Keeps a reply, or ends the collection when there is no room for it.
    ///
    /// It is copied out of its message, of which it may be a small part, so that what is kept is what is counted.
    mutating func add(_ reply: Result<JSONText, RemoteError>) {
        let size: Int
        switch reply {
        case .success(let result): size = result.bytes.count
        case .failure(let remote): size = remote.bytesInMemory
        }
        let taken = size + Self.bytesPerReply
        guard bytes + taken <= Self.maximumBytes, share.take(taken) else { return isFull = true }
        replies.append(reply.map(\.copied).mapError(\.copied))
        bytes += taken
        isFull = replies.count >= Self.maximumCount
    }

    /// Keeps the last message of a server; heartbeats and what comes before the last message say nothing.
    mutating func add(_ reply: ReplyEnvelope) {
        guard reply.isEnding else { return }
        switch reply.failure {
        case .exception(let remote): add(.failure(remote))
        case .unreadable: addUnreadable("its failure cannot be decoded")
        case nil: add(.success(reply.result))
        }
    }

    /// Keeps, in place of a reply, the fact that it cannot be read.
    mutating func addUnreadable(_ reason: String) { add(.failure(Self.unreadable(reason))) }

    private static func unreadable(_ reason: String) -> RemoteError {
        RemoteError(module: "", className: "", message: "The server's reply cannot be read: \(reason)")
    }
}
