// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Where the messages go.
struct TransportSettings: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// May hold a password: show `redactedURL` instead.
    var url = "memory://"

    /// The part before `://`, in lower case.
    var scheme: String { url.prefix { $0 != ":" }.lowercased() }

    /// The address without passwords.
    var redactedURL: String { TransportURLRedaction.redacted(url) }

    /// Redacted, as whatever holds settings may be printed into a log.
    var description: String { redactedURL }

    /// Redacted as well: printing a structure goes through the mirrors of its parts.
    var customMirror: Mirror { Mirror(self, children: ["url": redactedURL]) }
}
