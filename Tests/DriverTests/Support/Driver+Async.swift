// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Threads

extension Driver {
    func call(_ request: RPCRequest) async throws(MessagingError) -> RPCReply {
        try await withCheckedContinuation { continuation in
            call(request) { continuation.resume(returning: $0) }
        }.get()
    }

    @discardableResult
    func cast(_ request: RPCRequest) async throws(MessagingError) -> CastReceipt {
        try await withCheckedContinuation { continuation in
            cast(request) { continuation.resume(returning: $0) }
        }.get()
    }

    func inspect(_ target: Target, deadline: Moment) async throws(MessagingError) -> QueueStatus? {
        try await withCheckedContinuation { continuation in
            inspect(target, deadline: deadline) { continuation.resume(returning: $0) }
        }.get()
    }
}

extension GatheringDriver {
    func gather(_ request: RPCRequest, minimum: Int?) async throws(MessagingError) -> GatheredReplies {
        try await withCheckedContinuation { continuation in
            gather(request, minimum: minimum) { continuation.resume(returning: $0) }
        }.get()
    }
}

extension NotificationDriver {
    func notify(_ notification: OutgoingNotification) async throws(MessagingError) {
        try await withCheckedContinuation { continuation in
            notify(notification) { continuation.resume(returning: $0) }
        }.get()
    }
}

extension PlainRPCDriver {
    func request(_ request: PlainRequest) async throws(MessagingError) -> PlainReply {
        try await withCheckedContinuation { continuation in
            self.request(request) { continuation.resume(returning: $0) }
        }.get()
    }

    func send(_ request: PlainRequest) async throws(MessagingError) {
        try await withCheckedContinuation { continuation in
            send(request) { continuation.resume(returning: $0) }
        }.get()
    }
}

/// The code with which something fails; nil when it does not.
func code(_ body: () async throws(MessagingError) -> Void) async -> MessagingError.Code? {
    do throws(MessagingError) {
        try await body()
        return nil
    } catch {
        return error.code
    }
}
