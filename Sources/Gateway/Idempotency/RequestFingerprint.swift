// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// Tells whether two requests ask for the same.
struct RequestFingerprint: Sendable, Hashable {
    private let digest: Digest

    /// The fields that change what is done or what the answer is.
    private static let fields: [StaticString] = [
        "Content-Type", "Content-Encoding", "Accept", "Rpc-Context", "Rpc-Call-Monitor", "Amqp-Headers", "Amqp-Type",
        "Amqp-Message-Id", "Amqp-App-Id", "Amqp-Priority", "Amqp-Timestamp", "Amqp-Delivery-Mode",
    ]

    /// Digests method, path, query, body, those fields, and whether the answer is wanted later.
    init(_ request: HTTPRequest, isLater: Bool) {
        digest = Digest { hasher in
            hasher.combine(isLater)
            Self.combine(Array(request.head.method.utf8)[...], into: &hasher)
            Self.combine(request.head.path[...], into: &hasher)
            Self.combine(request.head.query?[...], into: &hasher)
            for name in Self.fields { Self.combine(request.head.fields.bytes(of: name), into: &hasher) }
            Self.combine(request.body[...], into: &hasher)
        }
    }

    /// The length goes in first, so that no two sequences of parts look alike.
    private static func combine(_ bytes: ArraySlice<UInt8>?, into hasher: inout Hasher) {
        hasher.combine(bytes?.count)
        // The pointer is used only inside the closure; byte by byte a large body would take many times longer.
        unsafe bytes?.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}
