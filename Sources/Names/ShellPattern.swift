// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A shell pattern for whole names (Python's `fnmatch`): `*`, `?`, and, where they are accepted, the sets `[abc]`,
/// `[a-z]` and `[!abc]`; everything else stands for itself. A character is a Unicode scalar, as in Python.
public struct ShellPattern: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case one(Unicode.Scalar)
        case any
        case anyNumber
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }

    private var pieces: [Piece] = []

    /// Reads a pattern.
    ///
    /// - Parameter takesSets: whether `[` may begin a set; otherwise it stands for itself.
    public init(_ pattern: String, takesSets: Bool = true) {
        let scalars = Array(pattern.unicodeScalars)
        var index = 0
        while index < scalars.count {
            switch scalars[index] {
            case "*": pieces.append(.anyNumber)
            case "?": pieces.append(.any)
            case "[":
                if takesSets, let (set, end) = Self.set(scalars, after: index) {
                    pieces.append(set)
                    index = end
                } else {
                    pieces.append(.one("["))
                }
            case let scalar: pieces.append(.one(scalar))
            }
            index += 1
        }
    }

    /// The longest text that fits anything but stars, in bytes: the time of a match is the product of both lengths, and
    /// whoever writes the text may write megabytes.
    public static let longestText = 1_024

    /// Whether the whole text fits.
    public func matches(_ text: String) -> Bool {
        guard text.utf8.count <= Self.longestText else {
            return !pieces.isEmpty && pieces.allSatisfy { $0 == .anyNumber }
        }
        let text = Array(text.unicodeScalars)
        var (position, piece) = (0, 0)
        var lastStar: (piece: Int, position: Int)?
        while position < text.count {
            if piece < pieces.count, case .anyNumber = pieces[piece] {
                lastStar = (piece, position)
                piece += 1
            } else if piece < pieces.count, Self.fits(text[position], pieces[piece]) {
                position += 1
                piece += 1
            } else if let star = lastStar {
                // The last star takes one more; earlier ones need not, as what stands between them has matched already.
                lastStar = (star.piece, star.position + 1)
                (position, piece) = (star.position + 1, star.piece + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { if case .anyNumber = $0 { true } else { false } }
    }

    private static func fits(_ scalar: Unicode.Scalar, _ piece: Piece) -> Bool {
        switch piece {
        case .one(let expected): scalar == expected
        case .any, .anyNumber: true
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
        }
    }

    /// The set that opens at an index and where it closes; nil when it does not.
    private static func set(_ scalars: [Unicode.Scalar], after open: Int) -> (Piece, Int)? {
        let isNegated = open + 1 < scalars.count && scalars[open + 1] == "!"
        let start = open + (isNegated ? 2 : 1)
        // A bracket right at the start belongs to the set.
        guard start < scalars.count, let end = scalars[(start + 1)...].firstIndex(of: "]") else { return nil }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        var index = start
        while index < end {
            if index + 2 < end, scalars[index + 1] == "-" {
                if scalars[index] <= scalars[index + 2] { ranges.append(scalars[index]...scalars[index + 2]) }
                index += 3
            } else {
                ranges.append(scalars[index]...scalars[index])
                index += 1
            }
        }
        return (.set(ranges, isNegated: isNegated), end)
    }
}
