// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// What handlers have seen, in order, for a test to await; the suite's time limit ends a wait in vain.
struct Channel<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func send(_ element: Element) { continuation.yield(element) }

    /// The next elements; one reader at a time.
    func next(_ count: Int) async -> [Element] {
        var elements: [Element] = []
        for await element in stream {
            elements.append(element)
            if elements.count == count { break }
        }
        return elements
    }

    /// The next element.
    func next() async throws -> Element {
        for await element in stream { return element }
        throw CancellationError()
    }

    /// What has been sent and not been read.
    func rest() async -> [Element] {
        continuation.finish()
        var elements: [Element] = []
        for await element in stream { elements.append(element) }
        return elements
    }
}
