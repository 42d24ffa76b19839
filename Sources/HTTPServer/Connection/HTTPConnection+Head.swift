// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

extension HTTPConnection {
    /// Up to this size a refused request's body is read and dropped instead of closing the connection.
    private static let droppedBodyBytes = 65_536
    private static let reservedAtFirst = 65_536
    private static let continueText = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// Checks a head that has arrived completely, asks the application, and decides how the body is read.
    func acceptHead(_ bytes: UnsafeRawBufferPointer, requestLineBytes: Int) throws(HTTPFailure) {
        let line = try RequestLine(UnsafeRawBufferPointer(rebasing: bytes[..<requestLineBytes]))
        // Set early, since an answer to HEAD has no body even if it refuses what follows.
        libraryHead.isHead = line.isHead
        let lines = UnsafeRawBufferPointer(rebasing: bytes[requestLineBytes...])
        let (fields, summary) = try HeadParser.parse(lines, reusing: buffers.takeFields())
        let framing = try RequestFraming(
            summary,
            head: lines,
            isHTTP10: line.isHTTP10,
            maximumBodyBytes: loop.configuration.maximumBodyBytes
        )
        let name = line.methodName
        target = buffers.takeTarget(line.target)
        let parts = try RequestTarget(target, method: name)
        let host = UnsafeRawBufferPointer(rebasing: lines[summary.firstHost])
        guard listener.hosts.contains(host), parts.authority.map(listener.hosts.contains) ?? true else {
            throw HTTPFailure(.misdirected)
        }
        libraryHead = LibraryHead(line, summary.connectionOptions)
        let peer = try session == nil ? client : clientWithCertificate()
        let head = RequestHead(method: name, path: parts.path, query: parts.query, fields: fields, peer: peer)
        if place != .ordinary { try checkPlace(head) }
        reader.body = RequestReader.Body(framing, trailerBytes: loop.configuration.maximumHeadBytes)
        let waitsForContinue = summary.expectations > 0 && !line.isHTTP10
        if let refusal = loop.handler.refusal(for: head) {
            return refuse(refusal, framing, waitsForContinue: waitsForContinue)
        }
        accept(consume head, framing)
        if waitsForContinue, case .receivingBody = stage { sendContinue() }
    }

    private func accept(_ head: consuming RequestHead, _ framing: RequestFraming) {
        self.head = consume head
        if case .length(let count) = framing { body = buffers.takeBody(reserving: min(count, Self.reservedAtFirst)) }
        stage = framing == .empty ? .complete : .receivingBody
    }

    private func refuse(_ refusal: HTTPResponse, _ framing: RequestFraming, waitsForContinue: Bool) {
        if framing == .empty { return stage = .refused(refusal) }
        guard framing.isShort(atMost: waitsForContinue ? 0 : Self.droppedBodyBytes) else {
            end.answerEarly()
            libraryHead.closes = true
            return stage = .refused(refusal)
        }
        stage = .droppingBody(refusal)
    }

    /// Tells the client to go on. Nothing else is being sent: the answer before has gone.
    func sendContinue() {
        sendDirectly(Self.continueText)
    }
}
