// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

extension HTTPConnection {
    /// Up to here a refused request's body is read and dropped instead of closing the connection.
    private static let droppedBodyBytes = 65_536
    private static let reservedAtFirst = 65_536

    /// The library has read the head: checks it, asks the application, and decides how the body is read.
    func receiveHead(method: UnsafePointer<CChar>, version: UnsafePointer<CChar>) -> MHD_Result {
        do throws(HTTPFailure) {
            return try acceptHead(method: method, version: version)
        } catch {
            end.answerEarly()
            return queue(failure(error.reason))
        }
    }

    private func acceptHead(
        method: UnsafePointer<CChar>,
        version: UnsafePointer<CChar>
    ) throws(HTTPFailure) -> MHD_Result {
        let (head, framing, waitsForContinue) = try readHead(method: method, version: version)
        if place != .ordinary { try checkPlace(head) }
        if let refusal = loop.handler.refusal(for: head) {
            return refuse(refusal, of: head, framing, waitsForContinue: waitsForContinue)
        }
        self.head = head
        if case .length(let count) = framing { body = buffers.takeBody(reserving: min(count, Self.reservedAtFirst)) }
        stage = .receivingBody(isChunked: framing == .chunked, isHead: head.method == "HEAD")
        return .YES
    }

    private func readHead(
        method: UnsafePointer<CChar>,
        version: UnsafePointer<CChar>
    ) throws(HTTPFailure) -> (head: RequestHead, framing: RequestFraming, waitsForContinue: Bool) {
        let name = try requestLine(method: method, version: version)
        let lines = try headerLines(method: method, version: version)
        let (fields, summary) = try HeadParser.parse(lines, reusing: buffers.takeFields())
        let isHTTP10 = version[7] == CChar(UInt8(ascii: "0"))
        let framing = try RequestFraming(
            summary,
            head: lines,
            isHTTP10: isHTTP10,
            maximumBodyBytes: loop.configuration.maximumBodyBytes
        )
        try checkAgainstLibrary(fields, headBytes: lines.count + target.count)
        let target = try RequestTarget(target, method: name)
        end.acceptHead(staysOpen: !isHTTP10 && summary.connectionOptions == 0)
        let head = RequestHead(
            method: name,
            path: target.path,
            query: target.query,
            fields: fields,
            remoteAddress: remoteAddress
        )
        return (head, framing, summary.expectations > 0 && !isHTTP10)
    }

    private func refuse(
        _ refusal: HTTPResponse,
        of head: RequestHead,
        _ framing: RequestFraming,
        waitsForContinue: Bool
    ) -> MHD_Result {
        guard framing.isShort(atMost: waitsForContinue ? 0 : Self.droppedBodyBytes) else {
            end.answerEarly()
            return queue(refusal)
        }
        // The library closes the connection after an answer in this call, so an answer that need not close waits for the
        // next one.
        stage = .droppingBody(refusal, isHead: head.method == "HEAD")
        return .YES
    }

    /// The method, once the request line is exactly `method SP target SP version`.
    ///
    /// The three strings lie in the library's buffer, split in place by one NUL each: more spaces, or a NUL in the
    /// target, leave a gap between the end of one and the start of the next.
    private func requestLine(
        method: UnsafePointer<CChar>,
        version: UnsafePointer<CChar>
    ) throws(HTTPFailure) -> String {
        let name = UnsafeRawBufferPointer(start: method, count: strlen(method))
        guard case .receivingHead(let targetStart) = stage, !target.isEmpty,
            UnsafeRawPointer(method) + name.count + 1 == targetStart,
            targetStart + target.count + 1 == UnsafeRawPointer(version)
        else { throw HTTPFailure(.malformedRequestLine) }
        guard Token.isToken(name) else { throw HTTPFailure(.malformedMethod) }
        return Self.method(name)
    }

    private static func method(_ name: UnsafeRawBufferPointer) -> String {
        switch name.count {
        case 3 where name.elementsEqual("GET".utf8): "GET"
        case 4 where name.elementsEqual("POST".utf8): "POST"
        default: String(decoding: name, as: UTF8.self)
        }
    }

    /// The bytes between the version and the end of the head.
    ///
    /// In bounds: the library reads a request from the start of the connection's one block of memory onwards, and gives
    /// as the head's size the distance from the method to the first byte behind the blank line, both in that block. The
    /// version is eight bytes long, or the library would have answered 400 on its own. A folded line makes it move later
    /// bytes to a place further on in the block; the distance then spans both places, and the parser stops at the fold.
    private func headerLines(
        method: UnsafePointer<CChar>,
        version: UnsafePointer<CChar>
    ) throws(HTTPFailure) -> UnsafeRawBufferPointer {
        let end = UnsafeRawPointer(method) + cmicrohttpd_head_size(library)
        let start = UnsafeRawPointer(version) + 8
        guard start + 4 <= end else { throw HTTPFailure(.malformedLine) }
        return UnsafeRawBufferPointer(start: start, count: end - start)
    }

    /// That the library has read the same fields, and that its memory has room for the head of the answer.
    private func checkAgainstLibrary(_ fields: RequestFields, headBytes: Int) throws(HTTPFailure) {
        guard Int(MHD_get_connection_values(library, .HEADER_KIND, nil, nil)) == fields.count else {
            throw HTTPFailure(.malformedLine)
        }
        let used = headBytes + fields.count * HTTPServerConfiguration.fieldRecordBytes
        guard used + HTTPServerConfiguration.replyHeadBytes <= loop.configuration.maximumHeadBytes else {
            throw HTTPFailure(.headTooLarge)
        }
    }
}
