//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// The way back for one answer.
///
/// A responder may be kept for as long as the application needs; its connection waits meanwhile, without a deadline of
/// its own, so the application sets one.
public struct Responder: Sendable {
    let pending: PendingRequest

    /// Sends the answer; callable from any thread. The first call wins, later ones are ignored.
    public func respond(_ response: HTTPResponse) {
        pending.respond(response)
    }
}
