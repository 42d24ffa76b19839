//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import Messaging

/// What can be said about a transport's address before connecting.
enum TransportCheck {
    /// The names of the drivers that this program has.
    static let driverNames = ["fake", "kombu", "memory", "rabbit"]

    /// Why the address cannot be used, without any part of it; nil when it can.
    static func problem(with text: String) -> String? {
        do {
            let url = try TransportURL(text)
            let names = driverNames.joined(separator: ", ")
            return driverNames.contains(url.driverName) ? nil : "its scheme is none of \(names)"
        } catch {
            return String(describing: error)
        }
    }
}
