//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Messaging

/// The demo's endpoint: the null namespace, version 1.0.
enum DemoVersion {
    static func check(_ message: DirectMessage) throws(RemoteError) {
        let version = message.version ?? "1.0"
        let isCompatible = try? VersionCompatibility.isCompatible(implemented: "1.0", requested: version)
        guard message.namespace == nil, isCompatible == true else {
            throw .unsupportedVersion(version, method: message.method)
        }
    }
}
