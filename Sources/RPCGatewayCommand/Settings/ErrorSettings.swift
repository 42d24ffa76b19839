// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Gateway

/// What callers are told about errors.
struct ErrorSettings: Sendable, Equatable {
    enum Expose: String, Sendable, CaseIterable {
        case auto, full, safe
    }

    var expose = Expose.auto
    var exposesTraceback = false
    /// The first rule that matches counts.
    var rules: [ErrorRule] = []
}
