// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

@testable import RPCGatewayCommand

@Suite struct DescriptorBudgetTests {
    @Test func aSmallLimitLeavesMostToHTTP() {
        let budget = DescriptorBudget(limit: 256, driver: DriverDescriptors(own: 33, perListener: 1), loops: 1)
        #expect(budget.subscriptions == 32)
        #expect(budget.reserved == 32 + 8 + 33 + 32)
    }

    @Test func aListenerWithTLSTakesMore() {
        let budget = DescriptorBudget(limit: 1_024, driver: DriverDescriptors(own: 99, perListener: 3), loops: 2)
        #expect(budget.subscriptions == 42)
        #expect(budget.reserved == 32 + 16 + 99 + 42 * 3)
    }

    @Test func thereAreAlwaysSomeSubscriptionsAndNeverTooMany() {
        #expect(DescriptorBudget(limit: 8, driver: DriverDescriptors(), loops: 1).subscriptions == 4)
        #expect(DescriptorBudget(limit: .max, driver: DriverDescriptors(), loops: 1).subscriptions == 10_000)
    }
}
