// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Names

@testable import Gateway
@testable import HTTPServer

extension Work {
    /// The longest head by default.
    private static let headBytes = 16_384

    /// Heads of requests and what stands in them, and the framing of bodies.
    static let heads: [Work] =
        [
            repeating("head of fields", "x:y\r\n", in: ("GET / HTTP/1.1\r\nHost: a\r\n", "\r\n"), read: readHead),
            repeating("head of options", "a,", in: ("GET / HTTP/1.1\r\nConnection: ", "\r\n\r\n"), read: readHead),
            repeating("head of spaces", " ", in: ("GET / HTTP/1.1\r\nHost:", "a\r\n\r\n"), read: readHead),
            repeating(
                "head of codings",
                " ,",
                in: ("GET / HTTP/1.1\r\nTransfer-Encoding:", "chunked\r\n\r\n"),
                read: readHead
            ),
            repeating("head of a target", "%61", in: ("GET /", " HTTP/1.1\r\nHost: a\r\n\r\n"), read: readHead),
            repeating("head of a host", "1.", in: ("GET / HTTP/1.1\r\nHost: ", "\r\n\r\n"), read: readHead),
            repeating("query of options", "version=1.1&", read: readQuery),
            repeating("query of marks", "&", read: readQuery),
            repeating("query of one name", "%61", read: readQuery),
            repeating("query of one value", "%C3%A9", in: ("exchange=", ""), read: readQuery),
            repeating("path of segments", "/a", read: readPath),
            repeating("path of one segment", "%C3%A9", in: ("/", "/m"), read: readPath),
            repeating("path of a method", "é", in: ("/t/", ""), read: readPath),
            repeating("preferences", "wait=1 ;,") { readField("Prefer", $0) },
            repeating("kinds of answers", "a/b;q=0,") { readField("Accept", $0) },
            repeating("codings", "gzip ,") { readField("Content-Encoding", $0) },
            repeating("states of a trace", "a=b,") { readField("tracestate", $0) },
            repeating("pieces of one byte", "1\r\na\r\n", of: bodyBytes, in: ("", "0\r\n\r\n"), read: readChunks),
            repeating(
                "extensions",
                "1;" + String(repeating: "a", count: 1_000) + "\r\nb\r\n",
                of: bodyBytes,
                read: readChunks
            ),
        ]
        + HostileJSON.allCases.flatMap { kind in
            [
                field("context", kind, "{\"a\":", "}", read: readContext),
                field("whole context", kind, "", "", read: readContext),
                field("headers of a message", kind, "{\"a\":", "}", read: readHeaders),
                field("all headers of a message", kind, "", "", read: readHeaders),
            ]
        }

    private static func repeating(
        _ name: String,
        _ part: String,
        of maximum: Int = headBytes,
        in frame: (before: String, after: String) = ("", ""),
        read: @escaping @Sendable ([UInt8]) -> Void
    ) -> Work {
        Work(name: name, maximumBytes: maximum) { size, _ in
            let count = size / part.utf8.count
            return Array((frame.before + String(repeating: part, count: count) + frame.after).utf8)
        } run: {
            read($0)
        }
    }

    private static func field(
        _ name: String,
        _ kind: HostileJSON,
        _ before: String,
        _ after: String,
        read: @escaping @Sendable ([UInt8]) -> Void
    ) -> Work {
        Work(name: "\(name)/\(kind)", maximumBytes: headBytes) { size, random in
            Array((before + kind.value(size, &random) + after).utf8)
        } run: {
            read($0)
        }
    }

    @Sendable
    private static func readHead(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            var search = HeadSearch()
            guard let end = search.end(in: bytes) else { return }
            let lineBytes = search.requestLineBytes
            guard (try? HeadLimits(headBytes: 1 << 20).check(bytes, requestLineBytes: lineBytes)) != nil,
                let line = try? RequestLine(UnsafeRawBufferPointer(rebasing: bytes[..<lineBytes]))
            else { return }
            let lines = UnsafeRawBufferPointer(rebasing: bytes[lineBytes..<end])
            guard let (fields, summary) = try? HeadParser.parse(lines, reusing: RequestFields()) else { return }
            _ = try? RequestFraming(summary, head: lines, isHTTP10: line.isHTTP10, maximumBodyBytes: 1 << 20)
            guard let target = try? RequestTarget(Array(line.target), method: line.methodName) else { return }
            _ = try? Router.route(target.path)
            readFields(fields)
        }
    }

    private static func readFields(_ fields: RequestFields) {
        let identity = RequestIdentity(fields)
        _ = try? DeliveryWish(fields)
        _ = try? ContentCoding.isCoded(fields)
        _ = GatherForm(fields)
        _ = try? CallFields(fields, identity: identity, configuration: GatewayConfiguration())
    }

    @Sendable
    private static func readQuery(_ query: [UInt8]) {
        guard case .rpc(let route)? = try? Router.route(Array("/t/m".utf8)) else { return }
        _ = try? CallPlan(route, query: query, ConfigurationSnapshot(GatewayConfiguration()))
    }

    @Sendable
    private static func readPath(_ path: [UInt8]) { _ = try? Router.route(path) }

    @Sendable
    private static func readField(_ name: String, _ value: [UInt8]) {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        readFields(RequestFields([(name, String(decoding: value, as: UTF8.self)), ("traceparent", parent)]))
    }

    @Sendable
    private static func readContext(_ value: [UInt8]) {
        readFields(RequestFields([("Rpc-Context", String(decoding: value, as: UTF8.self))]))
    }

    @Sendable
    private static func readHeaders(_ value: [UInt8]) {
        let fields = RequestFields([("Amqp-Headers", String(decoding: value, as: UTF8.self))])
        guard let message = try? PlainFields.message(fields) else { return }
        publish(message)
    }

    @Sendable
    private static func readChunks(_ bytes: [UInt8]) {
        var body = ChunkedBody(trailerBytes: headBytes)
        var data: [UInt8] = []
        bytes.withUnsafeBytes { bytes in _ = try? body.read(bytes) { data += $0 } }
    }
}
