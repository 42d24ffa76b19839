// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Turns the labels of swift-metrics into names that Prometheus accepts.
enum MetricName {
    /// `http.server.request.duration` becomes `http_server_request_duration`; a suffix is added where it is missing.
    static func make(_ label: String, suffix: String = "") -> String {
        let name = clean(label, colonAllowed: true)
        return name.hasSuffix(suffix) ? name : name + suffix
    }

    /// `{http_route="/{topic}",state="idle"}`, sorted by name, or nothing without dimensions.
    ///
    /// If two dimensions have the same name the last one counts, as two would make the page invalid.
    static func labels(_ dimensions: [(String, String)]) -> String {
        guard !dimensions.isEmpty else { return "" }
        var values: [String: String] = [:]
        for (name, value) in dimensions { values[clean(name, colonAllowed: false)] = value }
        let pairs = values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escapedLabelValue($0.value))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    static func escapedLabelValue(_ value: String) -> String { escaped(value, quote: true) }
    static func escapedHelp(_ text: String) -> String { escaped(text, quote: false) }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quote: result.append(contentsOf: "\\\"".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static func clean(_ text: String, colonAllowed: Bool) -> String {
        let bytes = text.unicodeScalars.map { isAllowed($0, colonAllowed) ? Character($0) : "_" }
        guard let first = bytes.first else { return "_" }
        return first.isNumber ? "_" + String(bytes) : String(bytes)
    }

    private static func isAllowed(_ scalar: Unicode.Scalar, _ colonAllowed: Bool) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        case ":": colonAllowed
        default: false
        }
    }
}
