// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Messaging
import RabbitDriver
import Testing

@Suite(.timeLimit(.minutes(1)), .enabled(if: DriverKind.available.contains(.rabbit)))
struct ThreadShortageTests {
    /// Connecting takes a thread for a moment. That none can be started is said, and tried again until one can.
    @Test func aDriverConnectsWhenThreadsCanBeStartedAgain() async {
        await #expect(processExitsWith: .success) {
            let driver = try DriverKind.makeRabbitDriver()
            try Self.setStackSize(1 << 46)
            driver.start()
            guard Self.eventually({ driver.status.problem == "the broker is not connected (outOfResources)" }) else {
                exit(1)
            }
            guard !driver.status.isConnected else { exit(2) }
            try Self.setStackSize(8 << 20)
            guard Self.eventually({ driver.status.isConnected }) else { exit(3) }
            exit(0)
        }
    }

    /// Sets the stack of threads that are started from now on; with a huge one none can be.
    private static func setStackSize(_ bytes: Int) throws {
        typealias SetDefault = @convention(c) (UnsafePointer<pthread_attr_t>) -> Int32
        // Glibc's extension is not imported. Sound: this is how <pthread.h> declares it.
        let function = unsafeBitCast(try #require(dlsym(nil, "pthread_setattr_default_np")), to: SetDefault.self)
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        pthread_attr_init(attributes)
        pthread_attr_setstacksize(attributes, bytes)
        try #require(function(attributes) == 0)
    }

    private static func eventually(_ condition: () -> Bool) -> Bool {
        let limit = ContinuousClock.now + .seconds(20)
        while !condition() {
            guard ContinuousClock.now < limit else { return false }
            usleep(2_000)
        }
        return true
    }
}
