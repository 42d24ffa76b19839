// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Threads

/// A reference that is set after it was handed out, for two objects that know each other.
final class Reference<Value: AnyObject & Sendable>: Sendable {
    private let storage = Guarded<Value?>(nil)

    /// The object, once it is there.
    var value: Value? {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }
}
