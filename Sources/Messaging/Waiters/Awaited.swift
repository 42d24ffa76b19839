// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What somebody waits for, and who is told the end of the wait.
public enum Awaited: Sendable {
    /// How the end is told; once, outside every lock.
    public typealias Completion<Value> = @Sendable (Result<Value, MessagingError>) -> Void

    /// The reply to a call.
    case reply(Completion<RPCReply>)
    /// The replies to a fanout call, up to the deadline, a minimum, or a bound on what is kept.
    indirect case replies(minimum: Int?, Completion<GatheredReplies>)
    /// The message that answers a plain request.
    case message(Completion<PlainReply>)
    /// The broker's confirm of a message that nobody answers.
    case confirm(Completion<Void>)
    /// What the broker says about a queue; nil when there is none.
    case status(Completion<QueueStatus?>)

    /// Tells of an error.
    func fail(_ error: MessagingError) {
        switch self {
        case .reply(let complete): complete(.failure(error))
        case .replies(_, let complete): complete(.failure(error))
        case .message(let complete): complete(.failure(error))
        case .confirm(let complete): complete(.failure(error))
        case .status(let complete): complete(.failure(error))
        }
    }
}

/// A wait that is over, with the way to tell of it; to be run outside the lock.
enum EndedWait: Sendable {
    case reply(Awaited.Completion<RPCReply>, RPCReply)
    // Indirect, so that calls do not carry the size of the rare kinds.
    indirect case replies(Awaited.Completion<GatheredReplies>, GatheredReplies)
    indirect case message(Awaited.Completion<PlainReply>, PlainReply)
    case confirm(Awaited.Completion<Void>)
    case status(Awaited.Completion<QueueStatus?>, QueueStatus?)
    case failed(Awaited, MessagingError)

    func complete() {
        switch self {
        case .reply(let complete, let reply): complete(.success(reply))
        case .replies(let complete, let replies): complete(.success(replies))
        case .message(let complete, let reply): complete(.success(reply))
        case .confirm(let complete): complete(.success(()))
        case .status(let complete, let status): complete(.success(status))
        case .failed(let awaited, let error): awaited.fail(error)
        }
    }
}
