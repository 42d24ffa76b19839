// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The target of a request line, taken apart (RFC 9112, section 3.2).
///
/// Origin form is the rule. Absolute form is accepted, as it must be, and its authority takes the place of the Host
/// field. Asterisk form goes with OPTIONS only. Authority form belongs to CONNECT, which is refused.
struct RequestTarget: Equatable {
    var path: [UInt8]
    var query: [UInt8]?
    /// The host, and the port if there is one, of a target in absolute form.
    var authority: ArraySlice<UInt8>?

    init(_ target: [UInt8], method: String) throws(HTTPFailure) {
        guard method != "CONNECT" else { throw HTTPFailure(.connectNotSupported) }
        var hasQuery = false
        let characters = URICharacters.target
        for byte in target {
            guard characters.contains(byte) else { throw HTTPFailure(.malformedTarget) }
            if byte == UInt8(ascii: "?") { hasQuery = true }
        }
        if target.first == UInt8(ascii: "/") {
            // The usual target is all path, and stays the array that it is.
            if hasQuery { self.init(origin: target[...]) } else { self.init(path: target, query: nil) }
        } else if target.count == 1, target.first == UInt8(ascii: "*"), method == "OPTIONS" {
            self.init(path: target, query: nil)
        } else {
            try self.init(absolute: target[...])
        }
    }

    private init(path: [UInt8], query: [UInt8]?) {
        self.path = path
        self.query = query
    }

    private init(origin target: ArraySlice<UInt8>) {
        guard let mark = target.firstIndex(of: UInt8(ascii: "?")) else {
            self.init(path: Array(target), query: nil)
            return
        }
        self.init(path: Array(target[..<mark]), query: Array(target[(mark + 1)...]))
    }

    private init(absolute target: ArraySlice<UInt8>) throws(HTTPFailure) {
        guard let scheme = Self.schemeLength(target) else { throw HTTPFailure(.malformedTarget) }
        let rest = target.dropFirst(scheme)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.isEmpty, !authority.contains(UInt8(ascii: "@")) else { throw HTTPFailure(.malformedTarget) }
        self.init(origin: rest[end...])
        self.authority = authority
        if path.isEmpty { path = [UInt8(ascii: "/")] }
    }

    private static func schemeLength(_ target: ArraySlice<UInt8>) -> Int? {
        for scheme in ["http://", "https://"] {
            let prefix = target.prefix(scheme.utf8.count).map(RequestFields.lowercased)
            if prefix.elementsEqual(scheme.utf8) { return scheme.utf8.count }
        }
        return nil
    }
}
