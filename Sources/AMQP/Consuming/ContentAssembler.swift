// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Puts contents together: a method, then a header, then body frames, in this order and with nothing between.
struct ContentAssembler {
    private enum State {
        case idle
        case expectingHeader(ContentStart)
        case collecting(ContentStart, Properties, missingBytes: Int)
        case discarding(ContentStart, Properties, missingBytes: Int)
    }

    // A header may announce any size; memory is taken ahead only up to this much.
    private static let reservedBytesMaximum = 1 << 20

    private let maximumBodyBytes: Int
    private var state = State.idle
    private var body: [UInt8] = []
    private var decoder = PropertiesDecoder()

    init(maximumBodyBytes: Int) {
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// Whether a method frame may come now.
    var isIdle: Bool {
        if case .idle = state { true } else { false }
    }

    /// Takes the method that announces a content.
    mutating func begin(_ start: ContentStart) throws(AMQPError) {
        guard isIdle else { throw .protocolViolation("a content began before the last one was complete") }
        state = .expectingHeader(start)
    }

    /// Takes a content header; gives the content back when it has no body.
    mutating func header(bodySize: UInt64, properties bytes: UnsafeRawBufferPointer) throws(AMQPError) -> Content? {
        guard case .expectingHeader(let start) = state else {
            throw .protocolViolation("a content header came without its method")
        }
        guard let size = Int(exactly: bodySize) else { throw .protocolViolation("a body size is out of range") }
        let properties = try decode(bytes)
        if size == 0 { return finish(start, properties, body: []) }
        guard size <= maximumBodyBytes else {
            state = .discarding(start, properties, missingBytes: size)
            return nil
        }
        body.reserveCapacity(min(size, Self.reservedBytesMaximum))
        state = .collecting(start, properties, missingBytes: size)
        return nil
    }

    /// Takes a body frame; gives the content back when it is complete.
    mutating func fragment(_ bytes: UnsafeRawBufferPointer) throws(AMQPError) -> Content? {
        switch state {
        case .collecting(let start, let properties, let missingBytes):
            let missing = try subtract(bytes.count, from: missingBytes)
            body.append(contentsOf: bytes)
            if missing == 0 { return finish(start, properties, body: takeBody()) }
            state = .collecting(start, properties, missingBytes: missing)
        case .discarding(let start, let properties, let missingBytes):
            let missing = try subtract(bytes.count, from: missingBytes)
            if missing == 0 { return finish(start, properties, body: nil) }
            state = .discarding(start, properties, missingBytes: missing)
        case .idle, .expectingHeader:
            throw .protocolViolation("a body frame came without its header")
        }
        return nil
    }

    /// Forgets what was begun; for a channel that is gone.
    mutating func reset() {
        state = .idle
        body = []
    }

    private mutating func decode(_ bytes: UnsafeRawBufferPointer) throws(AMQPError) -> Properties {
        do {
            return try decoder.decode(bytes)
        } catch {
            throw .protocolViolation("the properties of a content cannot be read")
        }
    }

    private func subtract(_ count: Int, from missingBytes: Int) throws(AMQPError) -> Int {
        guard count <= missingBytes else { throw .protocolViolation("a body is longer than announced") }
        return missingBytes - count
    }

    private mutating func takeBody() -> [UInt8] {
        defer { body = [] }
        return body
    }

    private mutating func finish(_ start: ContentStart, _ properties: Properties, body: [UInt8]?) -> Content {
        state = .idle
        return Content(start: start, properties: properties, body: body)
    }
}
