// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The replies to one fanout call so far, within bounds.
struct ReplyCollection: Sendable {
    /// So many replies are kept at the most.
    static let maximumCount = 10_000
    /// So many bytes are kept at the most.
    static let maximumBytes = 64 << 20

    let minimum: Int?
    private(set) var replies: [Result<JSONText, RemoteError>] = []
    private var bytes = 0
    private var isFull = false

    init(minimum: Int?) { self.minimum = minimum.map { max(1, $0) } }

    /// Whether as many replies are there as were asked for.
    var isComplete: Bool { minimum.map { replies.count >= $0 } ?? false }

    /// Whether nothing more is collected.
    var isOver: Bool { isFull || isComplete }

    /// Keeps a reply that takes so many bytes, or ends the collection when there is no room for it.
    mutating func add(_ reply: Result<JSONText, RemoteError>, size: Int) {
        guard bytes + size <= Self.maximumBytes else { return isFull = true }
        replies.append(reply)
        bytes += size
        isFull = replies.count >= Self.maximumCount
    }

    /// Keeps the last message of a server; heartbeats and what comes before the last message say nothing.
    mutating func add(_ reply: ReplyEnvelope) {
        guard reply.isEnding else { return }
        guard let failure = reply.failure else { return add(.success(reply.result), size: reply.result.bytes.count) }
        let remote = (try? RemoteError(failure: failure)) ?? Self.unreadable("its failure cannot be decoded")
        add(.failure(remote), size: failure.count)
    }

    /// Keeps, in the place of a reply, that it cannot be read.
    mutating func addUnreadable(_ reason: String) { add(.failure(Self.unreadable(reason)), size: reason.utf8.count) }

    private static func unreadable(_ reason: String) -> RemoteError {
        RemoteError(module: "", className: "", message: "The server's reply cannot be read: \(reason)")
    }
}
