// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// No namespace, version 2.3.1.
struct SecondEndpoint: RPCEndpoint {
    let target = Target(version: "2.3.1")
    var name: String { "Second" }

    var methods: [RPCMethod] {
        RPCMethod("echo", Parameter("value", default: JSONText.null)) { _, value in JSONText.object(["second": value]) }
        RPCMethod("second") { _ in "2.3.1" }
    }
}
