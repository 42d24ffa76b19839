// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension TransportURLParser {
    /// The authority is split at every comma first; empty items are ignored.
    func parseHosts(_ authority: ArraySlice<UInt8>) throws(TransportURLError) -> [TransportHost] {
        var hosts: [TransportHost] = []
        for item in authority.split(separator: UInt8(ascii: ",")) {
            let host = try parseHost(item)
            if !host.namesNothing { hosts.append(host) }
        }
        return hosts
    }

    /// The last `@` ends the credentials, so that a forgotten escape of an earlier one does no harm.
    private func parseHost(_ item: ArraySlice<UInt8>) throws(TransportURLError) -> TransportHost {
        let at = item.lastIndex(of: UInt8(ascii: "@"))
        let credentials = item[..<(at ?? item.startIndex)]
        let colon = credentials.firstIndex(of: UInt8(ascii: ":"))
        let address = try parseAddress(at.map { item[($0 + 1)...] } ?? item)
        return TransportHost(
            host: address.host,
            port: address.port,
            username: try decodeUnlessEmpty(credentials[..<(colon ?? credentials.endIndex)]),
            password: try colon.flatMap { colon throws(TransportURLError) in
                try decodeUnlessEmpty(credentials[(colon + 1)...])
            }
        )
    }

    private func decodeUnlessEmpty(_ encoded: ArraySlice<UInt8>) throws(TransportURLError) -> String? {
        encoded.isEmpty ? nil : try decode(encoded)
    }

    private func parseAddress(_ text: ArraySlice<UInt8>) throws(TransportURLError) -> (host: String?, port: Int?) {
        if text.first == UInt8(ascii: "[") { return try parseBracketed(text) }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return (try parseName(text), nil) }
        // More than one colon: an IPv6 address without brackets, which leaves no place for a port.
        if text[(colon + 1)...].contains(UInt8(ascii: ":")) {
            guard isIPv6(text) else { throw error(.invalidPort, colon + 1) }
            return (String(decoding: text, as: UTF8.self), nil)
        }
        return (try parseName(text[..<colon]), try parsePort(text[(colon + 1)...]))
    }

    private func parseBracketed(_ text: ArraySlice<UInt8>) throws(TransportURLError) -> (host: String?, port: Int?) {
        guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { throw error(.invalidAddress, text.startIndex) }
        let address = text[(text.startIndex + 1)..<end]
        guard isIPv6(address) else { throw error(.invalidAddress, address.startIndex) }
        let host = String(decoding: address, as: UTF8.self)
        let tail = text[(end + 1)...]
        guard let colon = tail.first else { return (host, nil) }
        guard colon == UInt8(ascii: ":") else { throw error(.invalidAddress, tail.startIndex) }
        return (host, try parsePort(tail.dropFirst()))
    }

    private func parseName(_ name: ArraySlice<UInt8>) throws(TransportURLError) -> String? {
        if let wrong = name.firstIndex(where: { " \"<>[]\\^`{|}".utf8.contains($0) }) {
            throw error(.invalidHost, wrong)
        }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }

    private func parsePort(_ text: ArraySlice<UInt8>) throws(TransportURLError) -> Int {
        guard text.allSatisfy(isDigit), let port = Int(String(decoding: text, as: UTF8.self)), 1...65535 ~= port else {
            throw error(.invalidPort, text.startIndex)
        }
        return port
    }

    /// Whether the text has the characters of an IPv6 address, with or without a zone.
    private func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "%"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first, address.contains(UInt8(ascii: ":")) else { return false }
        let zoneIsValid =
            parts.count == 1 || (!parts[1].isEmpty && parts[1].allSatisfy { $0 > 0x20 && !"[]".utf8.contains($0) })
        return zoneIsValid && address.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
    }
}
