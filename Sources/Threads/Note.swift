// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// A place on a thing for what others make of it once, and then use for as long as it lives.
///
/// It holds values of one type: whoever asks for another one has it made anew.
public final class Note: Sendable {
    private let known = Guarded<(any Sendable)?>(nil)

    /// Makes an empty one.
    public init() {}

    /// What was made; callable from any thread, of which two may make it at the same time.
    public func value<Value: Sendable, Failure: Error>(_ make: () throws(Failure) -> Value) throws(Failure) -> Value {
        if let known = known.withLock({ $0 }) as? Value { return known }
        let made = try make()
        known.withLock { $0 = made }
        return made
    }
}
