// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Glibc

/// A value behind a pthread mutex.
///
/// Of the same shape as `Synchronization.Mutex`, for which ThreadSanitizer reports false races on Linux. Never call out
/// (a continuation, a callback, a log handler) from within the closure: change state under the lock, act after it.
public final class Guarded<Value>: @unchecked Sendable {
    // Sound: `value` is touched only between lock and unlock of `mutex`, and `sending` keeps references from leaking.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline var value: Value

    /// Makes a lock around a value that nobody else holds.
    public init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs the closure with exclusive access to the value; the lock is not recursive.
    @inlinable
    public func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        lock()
        defer { unlock() }
        return try body(&value)
    }

    @usableFromInline func lock() { pthread_mutex_lock(mutex) }
    @usableFromInline func unlock() { pthread_mutex_unlock(mutex) }
}
