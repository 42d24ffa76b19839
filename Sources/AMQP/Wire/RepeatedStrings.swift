// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// The strings of deliveries that are the same from one to the next.
struct RepeatedStrings {
    var consumerTag = RepeatedString()
    var exchange = RepeatedString()
    var routingKey = RepeatedString()
}
