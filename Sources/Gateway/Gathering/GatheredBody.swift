// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
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
            bytes.append(contentsOf: text)
            if form == .lines { Self.joinLines(&bytes, from: start) }
        }
        bytes.append(0x7d)
    }

    /// A line break in a JSON text stands between tokens, where a space says the same.
    private static func joinLines(_ bytes: inout [UInt8], from start: Int) {
        for index in start..<bytes.count where bytes[index] == 0x0a || bytes[index] == 0x0d { bytes[index] = 0x20 }
    }
}

/// How gathered replies are written.
enum GatherForm: Sendable {
    /// One JSON array.
    case array
    /// One JSON text a line (`application/x-ndjson`).
    case lines

    /// Lines where `Accept` lists their type with a weight other than 0.
    init(_ fields: RequestFields) {
        let isLines = fields.values(of: "Accept").contains { value in
            value.utf8.split(separator: UInt8(ascii: ",")).contains(where: Self.namesLines)
        }
        self = isLines ? .lines : .array
    }

    private static func namesLines(_ range: Substring.UTF8View) -> Bool {
        let kind = range.prefix { $0 != UInt8(ascii: ";") }
        guard folded(kind).elementsEqual("application/x-ndjson".utf8) else { return false }
        return !range.dropFirst(kind.count).split(separator: UInt8(ascii: ";")).contains { parameter in
            let part = folded(parameter)
            return part.starts(with: "q=0".utf8) && part.dropFirst(3).allSatisfy { ".0".utf8.contains($0) }
        }
    }

    /// The bytes without blanks, ASCII letters in lower case, one by one as they are asked for.
    private static func folded(_ part: Substring.UTF8View) -> some Sequence<UInt8> {
        part.lazy.filter { $0 != 0x20 && $0 != 0x09 }.map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }
    }

    var contentType: String { self == .array ? "application/json" : "application/x-ndjson" }
}
