// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@testable import Messaging

extension EndedWait {
    /// How a call ended; a fanout call or plain request that ended well has none.
    var result: Result<RPCReply, MessagingError>? {
        switch self {
        case .reply(_, let reply): .success(reply)
        case .failed(_, let error): .failure(error)
        case .replies, .message, .confirm, .status: nil
        }
    }
}
