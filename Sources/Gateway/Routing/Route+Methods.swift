// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension Route {
    /// The methods that the path takes, as the `Allow` field lists them.
    var allow: String {
        switch self {
        case .sending: "POST, OPTIONS"
        case .operation: "GET, HEAD, DELETE, OPTIONS"
        // A stream has no length and no end: its head alone tells nothing.
        case .notifications: "GET, OPTIONS"
        case .healthy, .ready, .health, .page: "GET, HEAD, OPTIONS"
        }
    }

    /// Whether the path takes a method (other than OPTIONS, which every path takes).
    func takes(_ method: String) -> Bool {
        switch self {
        case .sending: method == "POST"
        case .operation: method == "GET" || method == "HEAD" || method == "DELETE"
        case .notifications: method == "GET"
        case .healthy, .ready, .health, .page: method == "GET" || method == "HEAD"
        }
    }
}
