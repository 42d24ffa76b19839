// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import AMQP

struct DialingErrorTests {
    /// `AMQP_STATUS_SOCKET_ERROR` of rabbitmq-c, whose constants only its wrapper sees.
    private static let socketError: Int32 = -9

    @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM]) func aSocketThatIsNotToBeHadIsNoRefusal(_ reason: Int32) {
        let error = AMQPError.connecting(
            status: Self.socketError,
            reason: reason,
            to: ConnectionConfiguration(host: "b")
        )
        #expect(error.code == .outOfResources)
        #expect(error.message.hasPrefix("no socket for b:5672: "))
    }

    @Test(arguments: [ECONNREFUSED, ENETUNREACH, 0]) func anyOtherReasonIsARefusal(_ reason: Int32) {
        let error = AMQPError.connecting(
            status: Self.socketError,
            reason: reason,
            to: ConnectionConfiguration(host: "b")
        )
        #expect(error.code == .connectionRefused)
    }
}
