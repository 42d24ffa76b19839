// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension RemoteError {
    /// The failure string of a reply (`serialize_remote_exception`), keys in Python's order.
    var encoded: [UInt8] {
        var text: [UInt8] = []
        text.append(ascii: #"{"class": "#)
        text.append(jsonString: className)
        text.append(ascii: #", "module": "#)
        text.append(jsonString: module)
        text.append(ascii: #", "message": "#)
        text.append(jsonString: message)
        text.append(ascii: #", "tb": ["#)
        for (index, line) in traceback.enumerated() {
            if index > 0 { text.append(ascii: ", ") }
            text.append(jsonString: line)
        }
        text.append(ascii: #"], "args": "#)
        text.append(contentsOf: arguments.bytes)
        text.append(ascii: #", "kwargs": "#)
        text.append(contentsOf: keywordArguments.bytes)
        text.append(0x7d)
        return text
    }
}
