// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import HTTPServer
import Messaging
import Testing

@testable import RPCGatewayCommand

struct OutcomeTests {
    @Test(arguments: [
        (MessagingError.Code.remote, Outcome.remoteError), (.invalidTarget, .usage), (.invalidRequest, .usage),
        (.versionCapExceeded, .usage), (.timeout, .timeout), (.callMonitorTimeout, .timeout),
        (.undeliverable, .undeliverable), (.noConsumers, .undeliverable), (.brokerUnavailable, .brokerUnavailable),
        (.brokerBlocked, .brokerUnavailable), (.deliveryUnknown, .failure), (.brokerRejected, .failure),
        (.brokerConfiguration, .failure), (.messageTooLarge, .failure), (.badReply, .failure), (.overloaded, .failure),
        (.shutdown, .failure),
    ])
    func aFailedCallEndsTheCommandAsItsRowSays(_ code: MessagingError.Code, _ outcome: Outcome) {
        #expect(Outcome(code) == outcome)
    }

    @Test func theHelpNamesEveryExitCode() {
        for outcome in Outcome.allCases { #expect(Outcome.help.contains("\n  \(outcome.rawValue)  ")) }
    }

    @Test func whatKeepsTheServerFromListeningIsToldFromWrongSettings() {
        #expect(ServeOutcome(.addressInUse) == .cannotListen && ServeOutcome.cannotListen.rawValue == 1)
        #expect(ServeOutcome(.invalidConfiguration) == .usage && ServeOutcome.usage.rawValue == Outcome.usage.rawValue)
    }
}
