// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Hides the passwords of a transport URL, well-formed or not; in doubt it hides too much.
enum TransportURLRedaction {
    private static let mask = "***"
    private static let secretWords = ["password", "passwd", "secret", "token"]

    /// The URL with `***` for every password and for query options whose names suggest one.
    static func redacted(_ url: String) -> String {
        guard let separator = url.firstRange(of: "://") else { return url.contains("@") ? mask : url }
        let rest = url[separator.upperBound...]
        // Up to the last "@" there may be credentials, even where a password holds a raw "/", "?" or "@" by mistake.
        let (credentials, hosts) = split(rest, at: rest.lastIndex(of: "@") ?? rest.startIndex)
        let (path, query) = split(hosts, at: hosts.firstIndex(of: "?") ?? hosts.endIndex)
        return url[..<separator.upperBound] + redactedHosts(credentials) + path + redactedQuery(query)
    }

    /// Several hosts, each with its credentials, except for the last host, which follows this text.
    private static func redactedHosts(_ text: Substring) -> String {
        var parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard let last = parts.popLast() else { return "" }
        let others = parts.map { part in
            let (credentials, host) = split(part, at: part.lastIndex(of: "@") ?? part.endIndex)
            return redactedUser(credentials) + host
        }
        return (others + [redactedUser(last)]).joined(separator: ",")
    }

    private static func redactedUser(_ credentials: Substring) -> String {
        let (user, password) = split(credentials, at: credentials.firstIndex(of: ":") ?? credentials.endIndex)
        return password.isEmpty ? String(user) : "\(user):\(mask)"
    }

    private static func redactedQuery(_ query: Substring) -> String {
        let options = query.split(separator: "&", omittingEmptySubsequences: false).map { option in
            let (name, value) = split(option, at: option.firstIndex(of: "=") ?? option.endIndex)
            let isSecret = secretWords.contains { name.lowercased().contains($0) }
            return isSecret && !value.isEmpty ? "\(name)=\(mask)" : String(option)
        }
        return options.joined(separator: "&")
    }

    private static func split(_ text: Substring, at index: String.Index) -> (Substring, Substring) {
        (text[..<index], text[index...])
    }
}
