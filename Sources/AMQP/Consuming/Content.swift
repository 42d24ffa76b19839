// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A content that has arrived whole.
struct Content {
    let start: ContentStart
    let properties: Properties
    /// nil when it was larger than the bound and therefore not kept.
    let body: [UInt8]?
}
