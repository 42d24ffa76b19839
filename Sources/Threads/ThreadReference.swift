// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency internal import Glibc

/// A reference that each thread has for itself, nil until it is set there.
///
/// Nothing is retained: a thread that sets one takes it back while the object is alive.
package struct ThreadReference<Object: AnyObject>: Sendable {
    private let key: pthread_key_t

    /// Takes one of the 1,024 keys that a process has, for ever: for static properties.
    package init() {
        var key = pthread_key_t()
        let result = pthread_key_create(&key, nil)
        // This program takes three, at its start.
        precondition(result == 0, "no thread-specific key is left in this process")
        self.key = key
    }

    /// The calling thread's.
    package var current: Object? {
        // Set on this very thread, and taken back there before the object went.
        get { pthread_getspecific(key).map { Unmanaged<Object>.fromOpaque($0).takeUnretainedValue() } }
        nonmutating set { pthread_setspecific(key, newValue.map { Unmanaged.passUnretained($0).toOpaque() }) }
    }

    /// Whether an object is the calling thread's.
    package func isCurrent(_ object: Object) -> Bool {
        pthread_getspecific(key) == Unmanaged.passUnretained(object).toOpaque()
    }
}
