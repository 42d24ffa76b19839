// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding as Python's `urllib.parse` has it.
enum PercentCoding {
    /// Which characters stand for themselves in encoded text.
    enum Kept {
        case unreserved, unreservedAndSlash, unreservedAndBlankAsPlus
    }

    /// The text with every byte of its UTF-8 form escaped, except for those that are kept.
    static func encode(_ text: String, keeping kept: Kept) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case _ where isUnreserved(byte): result.append(byte)
            case UInt8(ascii: "/") where kept == .unreservedAndSlash: result.append(byte)
            case UInt8(ascii: " ") where kept == .unreservedAndBlankAsPlus: result.append(UInt8(ascii: "+"))
            default: result += [UInt8(ascii: "%"), hexDigit(byte >> 4), hexDigit(byte & 15)]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The bytes that escapes stand for; a `%` without two hexadecimal digits stands for itself.
    static func decode(_ bytes: ArraySlice<UInt8>, plusIsBlank: Bool = false) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let escaped = escapedByte(bytes, at: index)
            let isPlus = plusIsBlank && bytes[index] == UInt8(ascii: "+")
            result.append(escaped ?? (isPlus ? UInt8(ascii: " ") : bytes[index]))
            index += escaped == nil ? 1 : 3
        }
        return result
    }

    private static func escapedByte(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt8? {
        guard bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.endIndex else { return nil }
        guard let high = value(bytes[index + 1]), let low = value(bytes[index + 2]) else { return nil }
        return high << 4 | low
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~".utf8.contains(byte)
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
