//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Where the messages go.
struct TransportSettings: Sendable, Equatable {
    /// May hold a password: show `redactedURL` instead.
    var url = "memory://"

    /// The part before `://`, in lower case.
    var scheme: String { url.prefix { $0 != ":" }.lowercased() }

    /// The address without passwords.
    var redactedURL: String { TransportURLRedaction.redacted(url) }
}
