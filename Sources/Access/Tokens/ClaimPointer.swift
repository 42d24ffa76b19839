// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// A way to a claim: a JSON pointer (RFC 6901), such as `/realm_access/roles`.
struct ClaimPointer: Sendable, Equatable {
    private let steps: [Name]

    static let allowed = "a JSON pointer such as /sub or /realm_access/roles, with ~1 for a / and ~0 for a ~ of a name"

    /// Reads a pointer; nil for one to the whole text, and for another form.
    init?(_ text: String) {
        guard text.utf8.first == 0x2f else { return nil }
        var steps: [Name] = []
        for part in text.utf8.dropFirst().split(separator: 0x2f, omittingEmptySubsequences: false) {
            guard let step = Self.step(Array(part)) else { return nil }
            steps.append(step)
        }
        self.steps = steps
    }

    /// What it leads to; nil where that is missing.
    func value(in claims: ClaimValue) -> ClaimValue? {
        var value = claims
        for step in steps {
            guard let next = value[step] else { return nil }
            value = next
        }
        return value
    }

    private static func step(_ part: [UInt8]) -> Name? {
        var (bytes, rest): ([UInt8], ArraySlice<UInt8>) = ([], part[...])
        while let byte = rest.popFirst() {
            guard byte == 0x7e else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case 0x30: bytes.append(0x7e)
            case 0x31: bytes.append(0x2f)
            default: return nil
            }
        }
        return Name(String(decoding: bytes, as: UTF8.self))
    }
}
