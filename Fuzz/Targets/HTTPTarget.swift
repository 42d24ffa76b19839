// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@testable import HTTPServer

/// The bytes of a connection up to the end of its first request: head, framing and body.
enum HTTPTarget {
    private static let headBytes = 2_048

    private enum Outcome: Equatable {
        case more
        case refused
        /// The lines of the head, the body, and how many bytes are left for the next request.
        case request(target: [UInt8], fields: [String], body: [UInt8], rest: Int)
    }

    static func run(_ input: [UInt8]) throws(Finding) {
        let whole = read([input[...]])
        for cut in Set([1, input.count / 3, input.count / 2, input.count - 1]) where 0 < cut && cut < input.count {
            let pieces = read([input[..<cut], input[cut...]])
            guard pieces == whole else { throw Finding("cut at \(cut): \(pieces), whole: \(whole)") }
        }
        if case .request(let target, let fields, _, _) = whole { try check(target, fields) }
    }

    /// What no request has that was let through.
    private static func check(_ target: [UInt8], _ fields: [String]) throws(Finding) {
        guard target.allSatisfy({ 0x21...0x7E ~= $0 }) else { throw Finding("a target with foreign bytes") }
        for field in fields {
            guard !field.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }) else {
                throw Finding("a field with a control character")
            }
        }
        let names = fields.map { $0.prefix { $0 != ":" }.lowercased() }
        for single in ["host", "content-length", "transfer-encoding"] {
            guard names.filter({ $0 == single }).count <= 1 else { throw Finding("\(single) twice") }
        }
        guard !names.contains("content-length") || !names.contains("transfer-encoding") else {
            throw Finding("two lengths")
        }
    }

    private static func read(_ pieces: [ArraySlice<UInt8>]) -> Outcome {
        var reader = Reader()
        for piece in pieces {
            do throws(HTTPFailure) {
                try reader.read(Array(piece))
            } catch {
                return .refused
            }
        }
        guard let head = reader.head, reader.body.isComplete else { return .more }
        return .request(target: head.target, fields: head.fields, body: reader.data, rest: reader.unread.count)
    }

    /// The parts of the server's reader in their order, without a connection.
    private struct Reader {
        var unread: [UInt8] = []
        var head: (target: [UInt8], fields: [String])?
        var body = RequestReader.Body.bytes(0)
        var data: [UInt8] = []
        private var search = HeadSearch()

        mutating func read(_ piece: [UInt8]) throws(HTTPFailure) {
            unread += piece
            if head == nil { try readHead() }
            guard head != nil, !body.isComplete else { return }
            var taken: [UInt8] = []
            let bytes = unread
            let count = try Self.within(bytes) { bytes throws(HTTPFailure) in
                try body.read(bytes) { taken += $0 }
            }
            unread.removeFirst(count)
            data += taken
        }

        private mutating func readHead() throws(HTTPFailure) {
            let bytes = unread
            guard !bytes.isEmpty else { return }
            let end = bytes.withUnsafeBytes { search.end(in: $0) }
            let lineBytes = search.requestLineBytes
            try Self.within(Array(bytes[..<(end ?? bytes.count)])) { bytes throws(HTTPFailure) in
                try HeadLimits(headBytes: HTTPTarget.headBytes).check(bytes, requestLineBytes: lineBytes)
                if lineBytes > 0 { _ = try RequestLine(UnsafeRawBufferPointer(rebasing: bytes[..<lineBytes])) }
            }
            guard let end else { return }
            try acceptHead(Array(bytes[..<end]), lineBytes)
            unread.removeFirst(end)
        }

        private mutating func acceptHead(_ bytes: [UInt8], _ lineBytes: Int) throws(HTTPFailure) {
            let parts = try Self.within(bytes) { bytes throws(HTTPFailure) in
                let line = try RequestLine(UnsafeRawBufferPointer(rebasing: bytes[..<lineBytes]))
                let lines = UnsafeRawBufferPointer(rebasing: bytes[lineBytes...])
                let (fields, summary) = try HeadParser.parse(lines, reusing: RequestFields())
                let framing = try RequestFraming(
                    summary,
                    head: lines,
                    isHTTP10: line.isHTTP10,
                    maximumBodyBytes: 1 << 20
                )
                _ = try RequestTarget(Array(line.target), method: line.methodName)
                let texts = (0..<fields.count).map { "\(fields[$0].name): \(fields[$0].value)" }
                return (target: Array(line.target), fields: texts, framing: framing)
            }
            head = (parts.target, parts.fields)
            body = RequestReader.Body(parts.framing, trailerBytes: HTTPTarget.headBytes)
        }

        private static func within<Value>(
            _ bytes: [UInt8],
            _ use: (UnsafeRawBufferPointer) throws(HTTPFailure) -> Value
        ) throws(HTTPFailure) -> Value {
            let result = bytes.withUnsafeBytes { bytes -> Result<Value, HTTPFailure> in
                do throws(HTTPFailure) {
                    return .success(try use(bytes))
                } catch {
                    return .failure(error)
                }
            }
            return try result.get()
        }
    }
}
