//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import AMQP

/// What a publish declares first, as the name under which a refusal of the broker is remembered.
struct RefusedDeclaration: Sendable, Hashable {
    var exchange: ExchangeDeclaration
    var binding: QueueBinding?
}
