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

    /// Splits `Endpoint.add() missing …` into `add` and what follows the parentheses.
    private static func nameAndComplaint(_ message: String) -> (name: Substring, complaint: Substring)? {
        guard let parentheses = message.firstRange(of: "()") else { return nil }
        let qualified = message[..<parentheses.lowerBound]
        guard !qualified.contains(" ") else { return nil }
        return (qualified.split(separator: ".").last ?? qualified, message[parentheses.upperBound...])
    }

    /// Whether a traceback entry (which may hold several lines) has a frame of the method.
    private static func hasFrame(_ entry: String, in method: String) -> Bool {
        let end = Array(", in \(method)".utf8)
        return entry.utf8.split(separator: UInt8(ascii: "\n")).contains { line in
            line.starts(with: "  File ".utf8) && line.suffix(end.count).elementsEqual(end)
        }
    }
}

extension String {
    /// The first range of a text, compared byte for byte.
    fileprivate func firstRange(of text: String) -> Range<String.Index>? {
        let (haystack, needle) = (utf8, text.utf8)
        var start = haystack.startIndex
        while start < haystack.endIndex {
            if haystack[start...].starts(with: needle) {
                return start..<haystack.index(start, offsetBy: needle.count)
            }
            haystack.formIndex(after: &start)
        }
        return nil
    }
}
