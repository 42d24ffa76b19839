// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging

extension HTTPGateway {
    /// The driver as one that gathers.
    ///
    /// - Throws: 501 where the transport cannot.
    var gatheringDriver: any GatheringDriver {
        get throws(Problem) {
            guard let gathering = driver as? any GatheringDriver else { throw .unsupported("cannot gather replies") }
            return gathering
        }
    }
}
