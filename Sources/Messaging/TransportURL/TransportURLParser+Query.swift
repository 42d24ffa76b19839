// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

extension TransportURLParser {
    /// Values of a repeated name are joined with commas; names without a value do not count.
    func parseQuery(_ query: ArraySlice<UInt8>) throws(TransportURLError) -> [TransportOption] {
        var values: [Name: String] = [:]
        var names: [Name] = []
        for pair in query.split(separator: UInt8(ascii: "&")) {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), equals + 1 < pair.endIndex else { continue }
            let name = Name(try decode(pair[..<equals], plusIsBlank: true))
            let value = try decode(pair[(equals + 1)...], plusIsBlank: true)
            if values[name] == nil { names.append(name) }
            values[name] = values[name].map { "\($0),\(value)" } ?? value
        }
        return names.map { TransportOption(name: $0.text, value: values[$0] ?? "") }
    }
}
