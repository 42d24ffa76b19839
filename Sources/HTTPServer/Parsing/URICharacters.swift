// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Characters that may stand in a part of a URI (RFC 3986, appendix A); none of them is outside ASCII.
struct URICharacters {
    // One bit for each of 0...63 and of 64...127; written out because a computed global is looked up through a lock on
    // every use.
    private let low: UInt64
    private let high: UInt64

    /// A path with its query, including brackets, which browsers do not encode.
    static var target: URICharacters { URICharacters(low: 0xAFFF_FFF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFF) }
    /// A registered name or an IPv4 address. Without the comma, which the grammar has: a list of two hosts is a way to make
    /// two readers see different ones.
    static var registeredName: URICharacters { URICharacters(low: 0x2BFF_6FF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }
    /// What stands between the brackets of an IPv6 address or a later one.
    static var addressLiteral: URICharacters { URICharacters(low: 0x2FFF_6FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }

    func contains(_ byte: UInt8) -> Bool {
        let mask = byte < 64 ? low : byte < 128 ? high : 0
        return mask >> UInt64(byte & 63) & 1 == 1
    }
}
