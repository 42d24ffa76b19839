// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension TransportURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The whole URL, passwords included: reading it yields the same value. Never to be logged.
    public var text: String { formatted(redacted: false) }

    /// The URL with `***` for every password and for options whose names suggest a secret.
    public var redactedDescription: String { formatted(redacted: true) }

    /// Same as `redactedDescription`, so that printing a URL by accident shows no password.
    public var description: String { redactedDescription }

    /// Same as `redactedDescription`.
    public var debugDescription: String { redactedDescription }

    /// Shows no part but the redacted text.
    public var customMirror: Mirror { Mirror(self, children: ["url": redactedDescription]) }

    private func formatted(redacted: Bool) -> String {
        let authority = hosts.map { $0.formatted(redacted: redacted) }.joined(separator: ",")
        let path = PercentCoding.encode(virtualHost ?? "", keeping: .unreservedAndSlash)
        let query = options.map { $0.formatted(redacted: redacted) }.joined(separator: "&")
        return "\(transport)://\(authority)/\(path)\(query.isEmpty ? "" : "?")\(query)"
    }
}

extension TransportHost: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The host as in a URL, with `***` for the password.
    public var description: String { formatted(redacted: true) }

    /// Same as `description`.
    public var debugDescription: String { description }

    /// Shows no part but the redacted text.
    public var customMirror: Mirror { Mirror(self, children: ["host": description]) }

    fileprivate func formatted(redacted: Bool) -> String {
        let name = isAddress ? "[\(host ?? "")]" : host ?? ""
        return credentials(redacted: redacted) + name + (port.map { ":\($0)" } ?? "")
    }

    private func credentials(redacted: Bool) -> String {
        guard username != nil || password != nil else { return "" }
        let user = PercentCoding.encode(username ?? "", keeping: .unreserved)
        guard let password else { return "\(user)@" }
        return "\(user):\(redacted ? "***" : PercentCoding.encode(password, keeping: .unreserved))@"
    }
}

extension TransportOption: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The option as in a URL, with `***` for a secret.
    public var description: String { formatted(redacted: true) }

    /// Same as `description`.
    public var debugDescription: String { description }

    /// Shows no part but the redacted text.
    public var customMirror: Mirror { Mirror(self, children: ["option": description]) }

    fileprivate func formatted(redacted: Bool) -> String {
        let shown = redacted && isSecret ? "***" : PercentCoding.encode(value, keeping: .unreservedAndBlankAsPlus)
        return "\(PercentCoding.encode(name, keeping: .unreservedAndBlankAsPlus))=\(shown)"
    }
}
