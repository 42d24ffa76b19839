// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import CLinux
@preconcurrency import Glibc

/// A named POSIX thread that can be joined once.
public final class OwnedThread: Sendable {
    private let state = Guarded<pthread_t?>(nil)

    /// Starts a thread; the name is what `top -H` and debuggers show (15 bytes at most, longer ones are cut).
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(OutOfResources) {
        let start = Unmanaged.passRetained(ThreadStart(name: String(name.prefix(15)), body: body))
        var thread = pthread_t()
        let result = pthread_create(&thread, nil, runThread, start.toOpaque())
        guard result == 0 else {
            start.release()
            throw OutOfResources(resource: .threads, error: result)
        }
        state.withLock { $0 = thread }
    }

    /// Waits for the thread's end. The first caller joins, later ones return at once; so does the thread itself, which
    /// then ends on its own.
    public func join() {
        let thread = state.withLock { value -> pthread_t? in
            defer { value = nil }
            return value
        }
        guard let thread else { return }
        if pthread_equal(thread, pthread_self()) != 0 { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }

    deinit {
        if let thread = state.withLock({ $0 }) { pthread_detach(thread) }
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

// A file-scope function: a closure literal could inherit an actor's isolation and trap on a foreign thread.
private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    clinux_set_thread_name(start.name)
    start.body()
    return nil
}
