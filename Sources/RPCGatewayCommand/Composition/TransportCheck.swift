//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// What can be said about a transport's address before connecting.
enum TransportCheck {
    /// Whether a driver exists for the address and can read it.
    static func isUsable(_ url: String) -> Bool {
        guard let separator = url.firstRange(of: "://") else { return false }
        let scheme = url[..<separator.lowerBound]
        let isClean = url.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
        return isClean && (schemes.contains(String(scheme)) || scheme.hasPrefix("rabbit+"))
    }

    private static let schemes: Set<String> = ["rabbit", "kombu", "memory", "fake"]
}
