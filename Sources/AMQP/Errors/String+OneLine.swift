// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension String {
    /// The longest text that AMQP allows, in bytes; the end of a longer one is left out.
    private static let maximumBytes = 255

    /// A text from the peer as it may be shown: control characters, line ends and marks that reverse the direction of
    /// writing become spaces.
    var asOneLine: String {
        // Decoding repairs a character that the cut has split.
        let text =
            utf8.count > Self.maximumBytes ? String(decoding: utf8.prefix(Self.maximumBytes), as: UTF8.self) : self
        guard text.unicodeScalars.contains(where: \.isUnfit) else { return text }
        var line = UnicodeScalarView()
        for scalar in text.unicodeScalars { line.append(scalar.isUnfit ? " " : scalar) }
        return String(line)
    }
}

extension Unicode.Scalar {
    fileprivate var isUnfit: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
