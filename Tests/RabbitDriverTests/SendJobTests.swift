// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RabbitDriver

struct SendJobTests {
    @Test(arguments: [
        (Duration.seconds(60), UInt32(60000)), (.milliseconds(2500), 2500), (.seconds(60) - .microseconds(80), 60000),
        (.microseconds(1), 1), (.zero, 0), (.seconds(-3), 0), (.seconds(10_000_000), 4294967295),
    ])
    func theExpirationIsWhatIsLeftRoundedUp(_ left: Duration, _ milliseconds: UInt32) {
        #expect(SendJob.expiration(left) == milliseconds)
    }
}
