// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Names

/// Puts contents together: a method, then a header, then body frames, with nothing in between.
struct ContentAssembler {
    private enum State {
        case idle
        case expectingHeader
        case collecting(missingBytes: Int)
        case discarding(missingBytes: Int)
    }

    // A header may announce any size; no more memory than this is reserved ahead.
    private static let reservedBytesMaximum = 1 << 20
    private static let spareBytesMaximum = 4096
    private static let sparesMaximum = 32

    private let maximumBodyBytes: Int
    private var state = State.idle
    // Kept beside the state: moved once, instead of copied with it at each step.
    private var start: ContentStart?
    private var properties: Properties?
    private var body: [UInt8] = []
    /// The memory of bodies that are over, for the next ones.
    private var spares: [[UInt8]] = []
    private var decoder = PropertiesDecoder()

    init(maximumBodyBytes: Int) {
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// Whether a method frame may come now.
    var isIdle: Bool {
        if case .idle = state { true } else { false }
    }

    /// Takes the method that announces a content.
    mutating func begin(_ start: consuming ContentStart) throws(AMQPError) {
        guard isIdle else { throw .protocolViolation("a content began before the last one was complete") }
        self.start = start
        state = .expectingHeader
    }

    /// Takes a content header; returns the content when it has no body.
    mutating func header(bodySize: UInt64, properties bytes: UnsafeRawBufferPointer) throws(AMQPError) -> Content? {
        guard case .expectingHeader = state else {
            throw .protocolViolation("a content header came without its method")
        }
        guard let size = Int(exactly: bodySize) else { throw .protocolViolation("a body size is out of range") }
        properties = try decode(bytes)
        if size == 0 { return finish(body: []) }
        guard size <= maximumBodyBytes else {
            state = .discarding(missingBytes: size)
            return nil
        }
        if size <= Self.spareBytesMaximum, let spare = spares.popLast() {
            body = spare
            body.removeAll(keepingCapacity: true)
        }
        body.reserveCapacity(min(size, Self.reservedBytesMaximum))
        state = .collecting(missingBytes: size)
        return nil
    }

    /// Takes a body frame; returns the content when it is complete.
    mutating func fragment(_ bytes: UnsafeRawBufferPointer) throws(AMQPError) -> Content? {
        switch state {
        case .collecting(let missingBytes):
            let missing = try subtract(bytes.count, from: missingBytes)
            body.append(contentsOf: bytes)
            if missing == 0 { return finish(body: takeBody()) }
            state = .collecting(missingBytes: missing)
        case .discarding(let missingBytes):
            let missing = try subtract(bytes.count, from: missingBytes)
            if missing == 0 { return finish(body: nil) }
            state = .discarding(missingBytes: missing)
        case .idle, .expectingHeader:
            throw .protocolViolation("a body frame came without its header")
        }
        return nil
    }

    /// Forgets what was begun; for a channel that is gone.
    mutating func reset() {
        state = .idle
        (start, properties) = (nil, nil)
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

    private mutating func takeBody() -> [UInt8] { exchange(&body, with: []) }

    /// Takes back a body that was given out, to reuse its memory; whatever somebody still holds of it stays as it is.
    mutating func recycle(_ body: consuming [UInt8]) {
        guard 1...Self.spareBytesMaximum ~= body.capacity, spares.count < Self.sparesMaximum else { return }
        spares.append(body)
    }

    private mutating func finish(body: [UInt8]?) -> Content? {
        state = .idle
        guard let start = start.take(), let properties = properties.take() else { return nil }
        return Content(start: start, properties: properties, body: body)
    }
}

/// A content that has arrived whole.
struct Content {
    let start: ContentStart
    let properties: Properties
    /// nil when it was larger than the bound and therefore not kept.
    let body: [UInt8]?
}

/// The method that announces a content: a delivery or a returned message.
enum ContentStart {
    case delivery(consumerTag: Name, deliveryTag: UInt64, isRedelivered: Bool, exchange: Name, routingKey: Name)
    case returned(exchange: Name, routingKey: Name, reply: AMQPError.Reply)
}
