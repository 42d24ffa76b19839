// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension TrustedProxy {
    /// The field in which it says where a request came from; nil where it does not.
    public var forwardingField: String? {
        switch forwarding {
        case .xForwardedFor: "X-Forwarded-For"
        case .forwarded: "Forwarded"
        case .none: nil
        }
    }

    /// The address from which a request came: the last one that is said which is not a proxy's, or the first one of all where each
    /// is. What stands before that is anybody's.
    ///
    /// - Parameters:
    ///   - peer: The numeric address that the request came from.
    ///   - certificate: What the peer has shown; nil for nothing.
    ///   - values: The values of the field, in their order.
    /// - Returns: nil where nothing is said, or by nobody who is believed.
    /// - Throws: `unbelievable` where a proxy says something else than an address; the request is not taken for the proxy's own.
    public func client(
        behind peer: String,
        showing certificate: ProvedCertificate? = nil,
        _ values: [ArraySlice<UInt8>],
        now: Int64
    ) throws(AuthenticationError) -> String? {
        guard let field = forwardingField, !values.isEmpty, believes(peer, certificate, now: now) else { return nil }
        guard let hops = forwarding == .forwarded ? ForwardedElement.hops(values) : Self.hops(values) else {
            throw .unbelievable(field: field, .noAddress)
        }
        var client: String?
        for hop in hops.reversed() {
            guard let address = Self.address(hop) else { throw .unbelievable(field: field, .noAddress) }
            client = address.text
            guard peers.contains(address) else { break }
        }
        return client
    }

    private static func hops(_ values: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>]? {
        let hops = values.flatMap { $0.split(separator: 0x2c) }.map { $0.withoutSpaces }.filter { !$0.isEmpty }
        return hops.isEmpty ? nil : hops
    }

    /// An address, with a port or without one; IPv6 with a port, and in `Forwarded`, stands in brackets.
    private static func address(_ hop: ArraySlice<UInt8>) -> NetworkAddress? {
        var address = hop
        if hop.first == 0x5b {
            guard let end = hop.firstIndex(of: 0x5d) else { return nil }
            address = hop[(hop.startIndex + 1)..<end]
            guard address.contains(0x3a), isPort(hop[(end + 1)...]) else { return nil }
        } else if let colon = hop.firstIndex(of: 0x3a), !hop[(colon + 1)...].contains(0x3a) {
            address = hop[..<colon]
            guard isPort(hop[colon...]) else { return nil }
        }
        // What inet_pton would take for its end.
        guard !address.contains(0) else { return nil }
        return String(validating: address, as: UTF8.self).flatMap { NetworkAddress($0) }
    }

    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        text.isEmpty
            || (text.first == 0x3a && (2...6).contains(text.count) && text.dropFirst().allSatisfy { 0x30...0x39 ~= $0 })
    }
}

/// The elements of `Forwarded` (RFC 7239, section 4).
private enum ForwardedElement {
    /// The `for` of each element; nil where one has none, or where the field has another form.
    static func hops(_ values: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>]? {
        var hops: [ArraySlice<UInt8>] = []
        for element in values.flatMap({ split($0, at: 0x2c) }) where !element.withoutSpaces.isEmpty {
            let named = split(element, at: 0x3b).map { $0.withoutSpaces }.filter { isFor($0) }
            guard named.count == 1, let hop = value(named[0].dropFirst(4)) else { return nil }
            hops.append(hop)
        }
        return hops.isEmpty ? nil : hops
    }

    private static func isFor(_ pair: ArraySlice<UInt8>) -> Bool {
        pair.count > 4 && zip(pair, "for=".utf8).allSatisfy { $0 == $1 || $0 | 0x20 == $1 }
    }

    /// The parts between separators that stand outside of quotes.
    private static func split(_ bytes: ArraySlice<UInt8>, at separator: UInt8) -> [ArraySlice<UInt8>] {
        var (parts, start, isQuoted, isEscaped) = ([ArraySlice<UInt8>](), bytes.startIndex, false, false)
        for (index, byte) in zip(bytes.indices, bytes) {
            if isEscaped {
                isEscaped = false
            } else if byte == 0x5c, isQuoted {
                isEscaped = true
            } else if byte == 0x22 {
                isQuoted.toggle()
            } else if byte == separator, !isQuoted {
                parts.append(bytes[start..<index])
                start = index + 1
            }
        }
        return parts + [bytes[start...]]
    }

    /// A token or the content of a quoted string; nil where quotes do not match. An address needs no escape.
    private static func value(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard text.first == 0x22 else { return text.contains(0x22) ? nil : text }
        guard text.count > 2, text.last == 0x22 else { return nil }
        let content = text.dropFirst().dropLast()
        return content.contains(0x22) || content.contains(0x5c) ? nil : content
    }
}

extension ArraySlice<UInt8> {
    /// The bytes without spaces and tabs at both ends.
    var withoutSpaces: ArraySlice<UInt8> {
        var bytes = drop { $0 == 0x20 || $0 == 0x09 }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }
}
