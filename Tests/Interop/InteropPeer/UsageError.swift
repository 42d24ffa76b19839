// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The peer was started in a wrong way.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}
