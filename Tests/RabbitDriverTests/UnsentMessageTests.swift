// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import AMQP
import Messaging
import Testing

@testable import RabbitDriver

/// What is said of a message of which no byte was written.
struct UnsentMessageTests {
    @Test(arguments: [RefusedMethod.basicPublish, .queueBind])
    func anExchangeThatIsDeletedAsItIsDeclaredMayBeThereAgain(_ method: RefusedMethod) {
        let error = MessagingError(unsent: refused(404, .notFound, method), exchange: "x", declares: true)
        #expect(error.code == .undeliverable)
        #expect(error.execution == .no)
    }

    @Test func aPublishToNoExchangeIsUndeliverable() {
        let error = MessagingError(unsent: refused(404, .notFound, .basicPublish), exchange: "x", declares: false)
        #expect(error.code == .undeliverable)
        #expect(error.execution == .no)
    }

    @Test(
        arguments: [(406, AMQPError.Code.preconditionFailed), (403, .accessRefused), (405, .resourceLocked)],
        [true, false]
    )
    func whatTheBrokerRefusesForItsFormIsItsConfiguration(_ refusal: (Int, AMQPError.Code), _ declares: Bool) {
        let error = refused(refusal.0, refusal.1, .exchangeDeclare)
        #expect(MessagingError(unsent: error, exchange: "x", declares: declares).code == .brokerConfiguration)
    }

    private func refused(_ code: Int, _ error: AMQPError.Code, _ method: RefusedMethod) -> AMQPError {
        AMQPError(error, "refused", reply: .init(code: code, text: "refused", refused: method))
    }
}
