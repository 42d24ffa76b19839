// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CMicrohttpd
@preconcurrency internal import Glibc

// The connection reads its socket in libmicrohttpd's place. libmicrohttpd gets a head of ours when the answer is there,
// so it never sees a byte that a client has sent, and takes a request that waits for a connection on which nothing
// comes.
extension HTTPConnection {
    /// The most that is read for a connection before others are served.
    private static let bytesATurn = 256 << 10

    /// What libmicrohttpd's read of the socket returns.
    enum ReadResult: Equatable {
        /// So many bytes were written into its buffer.
        case bytes(Int)
        /// Nothing, until the socket has more: EAGAIN.
        case wait
        /// Nothing, and the library is to read again in its next turn: EINTR.
        case again
        /// The client has ended its side.
        case ended
        /// The connection is lost, for this reason.
        case failed(Int32)
    }

    /// libmicrohttpd reads.
    func read(into space: UnsafeMutableRawBufferPointer) -> ReadResult {
        guard space.count >= LibraryHead.maximumBytes else { return .again }
        let isEvent = !isToldReadable
        isToldReadable = false
        if stage.isRequestThere {
            // The library forgets the event, and nothing else will report it.
            if isEvent { reader.mayHaveMore = true }
        } else {
            let result = receive()
            guard stage.isRequestThere else { return result }
            if case .complete = stage { handle() }
        }
        switch stage {
        case .waiting(let pending) where pending.wait(): return .wait
        case .waiting, .refused: break
        case .deserted: return .ended
        default: return .wait
        }
        let head = libraryHead.text
        space.copyMemory(from: UnsafeRawBufferPointer(start: head.utf8Start, count: head.utf8CodeUnitCount))
        return .bytes(head.utf8CodeUnitCount)
    }

    /// Reads until a request is complete, or until nothing more is to be had for now.
    private func receive() -> ReadResult {
        if let session, !session.isEstablished { return awaitHandshake(session) }
        if !reader.unread.isEmpty, !isPartOfHead { takeUnread() }
        var left = Self.bytesATurn
        while !stage.isRequestThere {
            guard left > 0 else { return .again }
            let asked = min(bytesToAskFor, loop.readBuffer.count)
            let count = receiveBytes(asked)
            guard count > 0 else { return endOfBytes(count, errno) }
            reader.mayHaveMore = session?.hasMore ?? (count == asked)
            take(UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
            left -= count
        }
        return .wait
    }

    /// What the client has sent, into the loop's buffer; as `recv`.
    @inline(__always)
    private func receiveBytes(_ asked: Int) -> Int {
        guard let session else { return recvfrom(descriptor, loop.readBuffer.baseAddress, asked, 0, nil, nil) }
        return session.read(into: UnsafeMutableRawBufferPointer(rebasing: loop.readBuffer[..<asked]))
    }

    /// Beyond the size of a head no more than may belong to the request: what follows it waits in the socket, where it
    /// takes nothing of what all clients' bodies may take.
    private var bytesToAskFor: Int {
        switch (stage, reader.body) {
        // One more tells whether there is more.
        case (.receivingBody, .bytes(let left)), (.droppingBody, .bytes(let left)): left + 1
        default: loop.configuration.maximumHeadBytes
        }
    }

    /// Whether what has not been understood has been looked through already and waits for more.
    private var isPartOfHead: Bool {
        if case .receivingHead = stage { return true }
        return false
    }

    private func endOfBytes(_ count: Int, _ error: Int32) -> ReadResult {
        reader.mayHaveMore = false
        if count == 0 { return .ended }
        switch error {
        case EAGAIN: return .wait
        case EINTR: return .again
        default: return .failed(error)
        }
    }

    /// Goes on with what came behind the previous request.
    private func takeUnread() {
        let bytes = exchange(&reader.unread, with: [])
        loop.counters.releaseBody(bytes.count)
        bytes.withUnsafeBytes { take($0) }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        if reader.unread.isEmpty {
            let position = understand(bytes)
            if position < bytes.count { keep(Array(bytes[position...])) }
        } else {
            var all = exchange(&reader.unread, with: [])
            loop.counters.releaseBody(all.count)
            all.append(contentsOf: bytes)
            let position = all.withUnsafeBytes { understand($0) }
            if position < all.count { keep(position == 0 ? all : Array(all[position...])) }
        }
    }

    /// Keeps what was not understood, unless nobody will ask for it.
    private func keep(_ rest: consuming [UInt8]) {
        guard end == .usual else { return }
        let count = rest.count
        guard loop.counters.holdBody(count, limit: loop.configuration.maximumArrivingBodyBytes) else {
            return refuse(HTTPFailure(loop.counters.refuse(.tooManyBodies)))
        }
        reader.unread = rest
    }

    /// Goes through the bytes up to the end of a request; returns how many were understood.
    private func understand(_ bytes: UnsafeRawBufferPointer) -> Int {
        var position = 0
        do throws(HTTPFailure) {
            while !stage.isRequestThere, position < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
                let count = try understandMore(rest)
                guard count > 0 else { break }
                position += count
            }
        } catch {
            refuse(error)
        }
        return position
    }

    private func understandMore(_ bytes: UnsafeRawBufferPointer) throws(HTTPFailure) -> Int {
        switch stage {
        case .receivingBody: return try readBody(bytes)
        case .droppingBody(let refusal):
            let count = try reader.body.read(bytes) { _ in }
            if reader.body.isComplete { stage = .refused(refusal) }
            return count
        default: return try readHead(bytes)
        }
    }

    private func readBody(_ bytes: UnsafeRawBufferPointer) throws(HTTPFailure) -> Int {
        let count = try reader.body.read(bytes) { data throws(HTTPFailure) in try keepData(data) }
        if reader.body.isComplete { stage = .complete }
        return count
    }

    private func keepData(_ data: UnsafeRawBufferPointer) throws(HTTPFailure) {
        guard data.count <= loop.configuration.maximumBodyBytes - body.count else { throw HTTPFailure(.bodyTooLarge) }
        guard loop.counters.holdBody(data.count, limit: loop.configuration.maximumArrivingBodyBytes) else {
            throw HTTPFailure(.tooManyBodies)
        }
        body.append(contentsOf: data)
    }

    /// Reads a head when all of it is there; an empty line before it is passed over (RFC 9112, section 2.2).
    private func readHead(_ bytes: UnsafeRawBufferPointer) throws(HTTPFailure) -> Int {
        if !isPartOfHead {
            let emptyLines = Self.emptyLines(bytes)
            guard emptyLines == 0 else { return emptyLines }
            // It may be the first half of one.
            if bytes.count == 1, bytes[0] == UInt8(ascii: "\r") { return 0 }
        }
        beginHead()
        let wasInRequestLine = reader.search.requestLineBytes == 0
        let end = reader.search.end(in: bytes)
        let lineBytes = reader.search.requestLineBytes
        let limits = HeadLimits(headBytes: loop.configuration.maximumHeadBytes)
        try limits.check(UnsafeRawBufferPointer(rebasing: bytes[..<(end ?? bytes.count)]), requestLineBytes: lineBytes)
        guard let end else {
            // What is no request line is refused at once.
            if wasInRequestLine, lineBytes > 0 {
                _ = try RequestLine(UnsafeRawBufferPointer(rebasing: bytes[..<lineBytes]))
            }
            return 0
        }
        reader.search = HeadSearch()
        let head = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        do throws(HTTPFailure) {
            try acceptHead(head, requestLineBytes: lineBytes)
        } catch {
            throw HTTPFailure(error.reason, origin: Self.origin(head, lineBytes))
        }
        return end
    }

    /// The origin of a request that is refused; its fields are read again, so that those of others cost nothing.
    private static func origin(_ head: UnsafeRawBufferPointer, _ requestLineBytes: Int) -> [UInt8]? {
        let lines = UnsafeRawBufferPointer(rebasing: head[requestLineBytes...])
        return (try? HeadParser.parse(lines, reusing: RequestFields()))?.fields.origin
    }

    private static func emptyLines(_ bytes: UnsafeRawBufferPointer) -> Int {
        let (carriageReturn, lineFeed) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
        var count = 0
        while count + 1 < bytes.count, bytes[count] == carriageReturn, bytes[count + 1] == lineFeed { count += 2 }
        return count
    }

    private func beginHead() {
        if case .receivingHead = stage { return }
        // The deadline of the first request runs from the accept.
        if case .idle = stage { deadline = loop.now + loop.readMilliseconds }
        stage = .receivingHead
        libraryHead = LibraryHead()
    }

    /// Answers a request that was not read whole, and closes the connection then.
    func refuse(_ failure: HTTPFailure) {
        end.answerEarly()
        libraryHead.closes = true
        stage = .refused(self.failure(failure.reason, origin: failure.origin))
    }
}
