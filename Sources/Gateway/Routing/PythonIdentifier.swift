// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Python's names: identifiers of UAX #31.
enum PythonIdentifier {
    /// Whether a text is an identifier: a letter or underscore, then letters, digits, marks and underscores.
    static func isValid(_ text: String) -> Bool {
        isASCIIIdentifier(text) || isUnicodeIdentifier(text)
    }

    /// Whether it is an ASCII identifier, as nearly every method's name is; quickly checked.
    private static func isASCIIIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x61...0x7a, 0x41...0x5a, 0x30...0x39, 0x5f: true
            default: false
            }
        }
    }

    private static func isUnicodeIdentifier(_ text: String) -> Bool {
        var scalars = text.unicodeScalars[...]
        guard let first = scalars.popFirst(), first == "_" || isStart(first) else { return false }
        return scalars.allSatisfy(isContinuation)
    }

    private static func isStart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? isASCIILetter(scalar) : scalar.properties.isXIDStart
    }

    private static func isContinuation(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return scalar.properties.isXIDContinue }
        return isASCIILetter(scalar) || scalar == "_" || ("0"..."9").contains(scalar)
    }

    private static func isASCIILetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }
}
