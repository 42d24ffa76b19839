// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Whom a wait tells when it ends.
enum WaitCompletion: Sendable {
    case call(@Sendable (Result<RPCReply, MessagingError>) -> Void)
    case gathering(@Sendable (Result<GatheredReplies, MessagingError>) -> Void)
    case plain(@Sendable (Result<PlainReply, MessagingError>) -> Void)

    /// Tells of an error.
    func fail(_ error: MessagingError) {
        switch self {
        case .call(let complete): complete(.failure(error))
        case .gathering(let complete): complete(.failure(error))
        case .plain(let complete): complete(.failure(error))
        }
    }
}

/// A wait that is over, with the way to tell of it; run it outside the lock.
enum EndedWait: Sendable {
    case call(@Sendable (Result<RPCReply, MessagingError>) -> Void, Result<RPCReply, MessagingError>)
    case failed(WaitCompletion, MessagingError)
    /// The rare kinds, in a closure so that calls do not carry their size.
    case other(@Sendable () -> Void)

    func complete() {
        switch self {
        case .call(let complete, let result): complete(result)
        case .failed(let completion, let error): completion.fail(error)
        case .other(let complete): complete()
        }
    }
}
