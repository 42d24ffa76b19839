// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// Writes response objects of JSON-RPC 2.0; results and ids byte for byte.
enum JSONRPCResponse {
    static func result(_ result: ArraySlice<UInt8>, id: JSONText) -> [UInt8] {
        var bytes = Array(#"{"jsonrpc":"2.0","result":"#.utf8)
        bytes.reserveCapacity(bytes.count + result.count + id.bytes.count + 8)
        bytes += result
        return close(bytes, id)
    }

    static func error(_ error: JSONRPCError, id: JSONText?) -> [UInt8] {
        let message = JSONText(string: error.message).string
        let text = #"{"jsonrpc":"2.0","error":{"code":\#(error.code),"message":\#(message),"data":"#
        return close(Array(text.utf8) + error.data + [0x7d], id ?? .null)
    }

    /// All responses of a batch as one array.
    static func array(_ responses: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(responses.reduce(2) { $0 + $1.count + 1 })
        bytes.append(0x5b)
        for (index, response) in responses.enumerated() {
            if index > 0 { bytes.append(0x2c) }
            bytes += response
        }
        bytes.append(0x5d)
        return bytes
    }

    private static func close(_ bytes: [UInt8], _ id: JSONText) -> [UInt8] {
        bytes + Array(#","id":"#.utf8) + id.bytes + [0x7d]
    }
}
