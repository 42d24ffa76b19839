//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// A method that the broker answers with, as far as its arguments matter.
enum Reply {
    case done
    case start(versionIsSupported: Bool, mechanisms: String)
    case tune(channelMaximum: UInt16, frameMaximum: UInt32, heartbeat: UInt16)
    case queue(DeclaredQueue)
    case messageCount(Int)
    case consumer(tag: String)
}
