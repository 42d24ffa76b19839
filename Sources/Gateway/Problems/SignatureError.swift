// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// Tells CPython's complaint about a call's arguments from a `TypeError` raised inside the method.
enum SignatureError {
    /// What CPython says after the function's name and `()` when the arguments do not fit.
    private static let complaints = [
        " missing ", " got an unexpected keyword argument ", " got multiple values for ", " takes ",
        " got some positional-only arguments passed as keyword arguments",
    ]

    /// Whether the exception is a signature error of the requested method itself, so that the method never ran.
    static func isOne(_ remote: RemoteError, method: String) -> Bool {
        guard let call = nameAndComplaint(remote.message) else { return false }
        guard call.name.utf8.elementsEqual(method.utf8) else { return false }
        guard complaints.contains(where: { call.complaint.utf8.starts(with: $0.utf8) }) else { return false }
        return !hasRun(method, remote)
    }

    /// Whether the traceback has a frame of the method.
    static func hasRun(_ method: String, _ remote: RemoteError) -> Bool {
        remote.traceback.contains { hasFrame($0, in: method) }
    }

    /// A name and its complaint stand at the beginning of a message, however long the rest of it is.
    private static let longestName = 4096

    /// Splits `Endpoint.add() missing …` into `add` and what follows the parentheses.
    private static func nameAndComplaint(_ message: String) -> (name: Substring, complaint: Substring)? {
        let start = message.utf8.prefix(longestName)
        var previous: UInt8 = 0
        for index in start.indices {
            let byte = start[index]
            if byte == UInt8(ascii: " ") { return nil }
            guard previous == UInt8(ascii: "("), byte == UInt8(ascii: ")") else {
                previous = byte
                continue
            }
            let qualified = message[..<start.index(before: index)]
            return (qualified.split(separator: ".").last ?? qualified, message[start.index(after: index)...])
        }
        return nil
    }

    /// Whether a traceback entry (which may hold several lines) has a frame of the method.
    private static func hasFrame(_ entry: String, in method: String) -> Bool {
        let end = Array(", in \(method)".utf8)
        let bytes = entry.utf8.span
        var start = 0
        for index in 0...bytes.count where index == bytes.count || bytes[index] == UInt8(ascii: "\n") {
            if isFrame(bytes, start..<index, end) { return true }
            start = index + 1
        }
        return false
    }

    private static func isFrame(_ bytes: Span<UInt8>, _ line: Range<Int>, _ end: [UInt8]) -> Bool {
        let beginning: [UInt8] = Self.beginning
        guard line.count >= beginning.count, line.count >= end.count else { return false }
        for offset in beginning.indices where bytes[line.lowerBound + offset] != beginning[offset] { return false }
        for offset in end.indices where bytes[line.upperBound - end.count + offset] != end[offset] { return false }
        return true
    }

    private static let beginning = Array("  File ".utf8)
}
