// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RPCGatewayCommand

struct TransportURLRedactionTests {
    @Test(arguments: [
        ("memory://", "memory://"),
        ("rabbit://h:5672/v", "rabbit://h:5672/v"),
        ("rabbit://u:p@h:5672/v", "rabbit://u:***@h:5672/v"),
        ("rabbit://u@h/v", "rabbit://u@h/v"),
        ("rabbit://u:p@h1:1,u2:p2@h2:2/v?a=b", "rabbit://u:***@h1:1,u2:***@h2:2/v?a=b"),
        ("rabbit://u:p@[::1]:5672/", "rabbit://u:***@[::1]:5672/"),
        ("rabbit://:p@h/", "rabbit://:***@h/"),
        ("rabbit://u:p@h/?ssl_password=x&y=1", "rabbit://u:***@h/?ssl_password=***&y=1"),
    ])
    func passwordsAreMasked(url: String, shown: String) {
        #expect(TransportURLRedaction.redacted(url) == shown)
    }

    @Test(arguments: [
        "rabbit://u:hunter2/x@h/", "rabbit://u:hunter2?x@h/", "rabbit://u:a@hunter2@h/", "u:hunter2@h",
        "rabbit://u:hunter2#@h", "rabbit://a:hunter2@h,b:hunter2@i",
    ])
    func malformedAddressesHideTheirsToo(url: String) {
        #expect(!TransportURLRedaction.redacted(url).contains("hunter2"))
    }
}
