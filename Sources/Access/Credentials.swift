// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What a request brought to say who it is from: the values of fields, as they came.
public struct Credentials: Sendable {
    /// A field that may stand once.
    public enum Field: Sendable {
        case absent
        case once(ArraySlice<UInt8>)
        case repeated
    }

    /// `Authorization`.
    public var authorization: Field
    /// `X-Api-Key`.
    public var apiKey: Field
    /// The numeric address that the request came from, of the proxy where there is one.
    public var peer = ""
    /// Those of the fields that `TrustedProxy.fields` names that the request has, by their names as they stand there.
    public var ofProxy: [(name: String, value: Field)] = []
    /// The certificate of the client; nil where it has shown none.
    public var certificate: ProvedCertificate?

    /// Takes the fields.
    public init(authorization: Field = .absent, apiKey: Field = .absent, certificate: ProvedCertificate? = nil) {
        self.authorization = authorization
        self.apiKey = apiKey
        self.certificate = certificate
    }

    /// Whether a field says who the request is from.
    var hasField: Bool {
        if case .absent = authorization, case .absent = apiKey { false } else { true }
    }

    /// The longest credential that is looked at, in bytes.
    public static let maximumBytes = 8_192

    private static let scheme = Array("bearer".utf8)

    /// The token of a value of `Authorization`; nil for another scheme than Bearer (RFC 6750, section 2.1).
    static func bearer(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let start = value.startIndex
        guard value.count >= scheme.count, scheme.indices.allSatisfy({ value[start + $0] | 0x20 == scheme[$0] }) else {
            return nil
        }
        let rest = value[(start + scheme.count)...]
        guard rest.first == 0x20 || rest.isEmpty else { return nil }
        return rest.drop { $0 == 0x20 }
    }
}

/// The names under which credentials are looked for in places where they do not belong.
public enum MisplacedCredential {
    private static let names: [[UInt8]] = [
        "access_token", "api_key", "api-key", "apikey", "x-api-key", "x_api_key", "authorization", "token",
        "auth_token",
        "key", "bearer",
    ].map { (name: String) in Array(name.utf8) }

    /// Whether a query as it was sent, such as `a=1&access_token=…`, holds a credential.
    public static func isIn(query: [UInt8]) -> Bool { isIn(query[...], separator: 0x26) || hasToken(query) }

    /// Whether a value of the field `Cookie` holds a credential.
    public static func isIn(cookie: ArraySlice<UInt8>) -> Bool { isIn(cookie, separator: 0x3b) }

    private static func isIn(_ bytes: ArraySlice<UInt8>, separator: UInt8) -> Bool {
        bytes.split(separator: separator).contains { part in
            let part = part.drop { $0 == 0x20 }
            let name = part.prefix { $0 != 0x3d }
            let value = part[name.endIndex...].dropFirst()
            return value.starts(with: APIKey.prefix) || names.contains { isSame(name, $0) }
        }
    }

    /// Whether a value looks like a token, whose first part is an object of JSON. Cookies of others may hold such.
    private static func hasToken(_ query: [UInt8]) -> Bool {
        query.split(separator: 0x26).contains { part in
            let value = part.drop { $0 != 0x3d }.dropFirst()
            return value.starts(with: "eyJ".utf8) && SignedToken.hasForm(value)
        }
    }

    private static func isSame(_ name: ArraySlice<UInt8>, _ known: [UInt8]) -> Bool {
        name.count == known.count && zip(name, known).allSatisfy { lowercased($0) == $1 }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }
}
