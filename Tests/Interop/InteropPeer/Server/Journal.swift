// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// Tells the tests, over standard output, what ran.
enum Journal {
    static func note(_ method: String, _ arguments: KeyValuePairs<String, JSONText>) {
        Line.write(JSONText.object(["method": JSONText(string: method), "arguments": .object(arguments)]).string)
    }
}
