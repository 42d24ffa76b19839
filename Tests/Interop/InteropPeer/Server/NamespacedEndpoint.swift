// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

/// Namespace `ns`, version 1.2; answers to the older name `old` as well.
struct NamespacedEndpoint: RPCEndpoint {
    let target = Target(namespace: "ns", version: "1.2", legacyNamespaces: ["old"])
    var name: String { "Namespaced" }

    var methods: [RPCMethod] {
        RPCMethod("echo", Parameter("value", default: JSONText.null)) { _, value in JSONText.object(["ns": value]) }
        RPCMethod("version") { _ in "1.2" }
    }
}
