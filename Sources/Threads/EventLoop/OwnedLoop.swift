// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A loop that ends with its owner, unless it was lent.
public final class OwnedLoop: Sendable {
    /// The loop.
    public let loop: EventLoop
    private let isLent: Bool

    /// Takes a running loop that somebody else ends, or, given nil, makes one and starts it.
    ///
    /// - Parameter name: what `top -H` and debuggers show for one that is made.
    public init(_ lent: EventLoop?, name: String) throws(OutOfResources) {
        isLent = lent != nil
        if let lent {
            loop = lent
        } else {
            loop = try EventLoop(name: name)
            try loop.start()
        }
    }

    deinit { end() }

    /// Ends the loop if it is not lent; what still waits in its inbox runs first.
    public func end() {
        if !isLent { loop.stop() }
    }
}
