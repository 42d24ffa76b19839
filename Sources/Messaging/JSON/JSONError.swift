// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a JSON text, and where (RFC 8259).
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds of defect that the scanner tells apart.
    public enum Kind: String, Sendable {
        case unexpectedEnd = "the text ends too early"
        case unexpectedByte = "unexpected character"
        case controlCharacter = "control character inside a string"
        case invalidEscape = "invalid escape sequence"
        case loneSurrogate = "surrogate escape without its partner"
        case invalidUTF8 = "invalid UTF-8"
        case invalidNumber = "invalid number"
        case notANumber = "NaN and Infinity are not JSON"
        case tooDeep = "nested too deeply"
        case notAnObject = "a JSON object is expected"
        case duplicateKey = "a key is given twice"
        case tooManyKeys = "an object with too many members"
    }

    /// The kind of defect.
    public var kind: Kind
    /// The byte offset of the defect in the text.
    public var offset: Int

    /// Makes an error of a kind at a byte offset.
    public init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// The kind in words and the byte offset.
    public var description: String { "\(kind.rawValue) at byte \(offset)" }
}
