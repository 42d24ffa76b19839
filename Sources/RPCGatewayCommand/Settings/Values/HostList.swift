// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A list of hosts with commas between them.
enum HostList {
    /// Reads a list; nil when one of them is no name, no IPv4 address and no IPv6 address in brackets.
    static func parse(_ text: String) -> [String]? {
        let hosts = text.split(separator: ",", omittingEmptySubsequences: false).map(withoutSpaces)
        return hosts.allSatisfy(isHost) ? hosts : nil
    }

    /// Without the spaces around it.
    static func withoutSpaces(_ text: Substring) -> String {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    private static func isHost(_ text: String) -> Bool {
        guard text.hasPrefix("["), text.hasSuffix("]") else { return ListenAddress.isName(text) }
        return ListenAddress.isIPv6(String(text.dropFirst().dropLast()))
    }
}
