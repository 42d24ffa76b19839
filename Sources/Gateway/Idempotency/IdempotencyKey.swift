// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer
internal import Names

/// The name under which a client may send the same request again (draft-ietf-httpapi-idempotency-key-header).
///
/// It is kept as a digest, so that a long key takes no more memory than a short one.
struct IdempotencyKey: Sendable, Hashable {
    private let digest: Digest

    /// The longest key, in bytes.
    static let maximumBytes = 255

    /// Reads the field: a string of RFC 9651, or the same characters without quotes; nil where it is absent.
    ///
    /// The same key of two principals is two keys.
    ///
    /// - Throws: `invalid-request` for an empty key, one that is too long, and any other form.
    init?(_ fields: RequestFields, of caller: Caller? = nil) throws(Problem) {
        guard let value = fields.bytes(of: Self.fieldName) else { return nil }
        guard fields.count(of: Self.fieldName) == 1 else {
            throw .invalidRequest("\(Self.fieldName): the field is given twice")
        }
        guard let key = value.first == 0x22 ? Self.quoted(value) : Self.bare(value) else {
            throw .invalidRequest("\(Self.fieldName): a string of printable ASCII is expected, such as \"8e03978e\"")
        }
        guard (1...Self.maximumBytes).contains(key.count) else {
            throw .invalidRequest("\(Self.fieldName): 1 to \(Self.maximumBytes) characters are expected")
        }
        digest = Digest { hasher in
            hasher.combine(key)
            hasher.combine(caller?.owner)
        }
    }

    static let fieldName: StaticString = "Idempotency-Key"

    private static func quoted(_ value: ArraySlice<UInt8>) -> [UInt8]? {
        var (key, rest) = ([] as [UInt8], value.dropFirst())
        while let byte = rest.popFirst() {
            switch byte {
            // What follows the string is parameters, none of which has a meaning.
            case 0x22: return rest.isEmpty || rest.first == 0x3b ? key : nil
            case 0x5c:
                guard let escaped = rest.popFirst(), escaped == 0x22 || escaped == 0x5c else { return nil }
                key.append(escaped)
            case 0x20...0x7e: key.append(byte)
            default: return nil
            }
        }
        return nil
    }

    private static func bare(_ value: ArraySlice<UInt8>) -> [UInt8]? {
        let isBare = value.allSatisfy { 0x21...0x7e ~= $0 && $0 != 0x22 && $0 != 0x2c && $0 != 0x3b && $0 != 0x5c }
        return isBare ? Array(value) : nil
    }
}
