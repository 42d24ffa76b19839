// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A driver that can call every server of a topic at once.
public protocol GatheringDriver: Driver {
    /// Sends a request as a fanout to which each server replies, and collects the replies until the deadline, or until
    /// `minimum` of them are there.
    ///
    /// The target is a fanout; its servers are unmodified oslo.messaging servers, which reply to whatever carries the
    /// identifier of a call. Fails when the request could not be sent, or when the replies to other gathers take all
    /// the memory that there is for them; with fewer replies than the minimum, or even none, it succeeds at the
    /// deadline.
    @discardableResult
    func gather(
        _ request: RPCRequest,
        minimum: Int?,
        completion: @escaping @Sendable (Result<GatheredReplies, MessagingError>) -> Void
    ) -> UniqueID
}

/// The replies to a fanout call.
public struct GatheredReplies: Sendable {
    /// The replies in the order in which they came.
    public var replies: [Result<JSONText, RemoteError>]
    /// Whether the minimum was reached; false when the deadline, or the bound on what is kept, ended the collection.
    public var isComplete: Bool
    /// The identifier of the call (`_msg_id`).
    public var messageID: UniqueID
    /// The time until the broker had confirmed the request.
    public var publishDuration: Duration
    /// Their share of the memory for all gathers, held as long as they are.
    var share: GatherMemory.Share?
    /// The same, for whoever turns them into something as large that stays longer: to be kept as long as that.
    package var memory: (any AnyObject & Sendable)? { share }

    /// Makes replies.
    public init(
        replies: [Result<JSONText, RemoteError>],
        isComplete: Bool,
        messageID: UniqueID,
        publishDuration: Duration
    ) {
        self.replies = replies
        self.isComplete = isComplete
        self.messageID = messageID
        self.publishDuration = publishDuration
    }
}
