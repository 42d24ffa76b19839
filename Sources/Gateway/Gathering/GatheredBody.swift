// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// Writes gathered replies, each result byte for byte.
struct GatheredBody {
    var form: GatherForm
    var method: String
    var configuration: GatewayConfiguration

    /// The replies in the order in which they came.
    func bytes(_ replies: [Result<JSONText, RemoteError>]) -> [UInt8] {
        var bytes: [UInt8] = form == .array ? [0x5b] : []
        bytes.reserveCapacity(replies.reduce(64) { $0 + 32 + ((try? $1.get())?.bytes.count ?? 256) })
        for (index, reply) in replies.enumerated() {
            if form == .array, index > 0 { bytes.append(0x2c) }
            append(reply, to: &bytes)
            if form == .lines { bytes.append(0x0a) }
        }
        if form == .array { bytes.append(0x5d) }
        return bytes
    }

    private func append(_ reply: Result<JSONText, RemoteError>, to bytes: inout [UInt8]) {
        switch reply {
        case .success(let result):
            bytes.append(contentsOf: Array(#"{"result":"#.utf8))
            let start = bytes.count
            bytes.append(contentsOf: result.bytes)
            if form == .lines { Self.joinLines(&bytes, from: start) }
        case .failure(let remote):
            let problem = RemoteProblem.make(remote, method: method, configuration: configuration)
            let text = ProblemDocument.exception(
                remote,
                showsText: problem.showsRemoteText,
                showsTraceback: configuration.exposesTraceback
            )
            bytes.append(contentsOf: Array(#"{"exception":"#.utf8))
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            if form == .lines { Self.joinLines(&bytes, from: start) }
        }
        bytes.append(0x7d)
    }

    /// A line break in a JSON text stands between tokens, where a space says the same.
    private static func joinLines(_ bytes: inout [UInt8], from start: Int) {
        for index in start..<bytes.count where bytes[index] == 0x0a || bytes[index] == 0x0d { bytes[index] = 0x20 }
    }
}
