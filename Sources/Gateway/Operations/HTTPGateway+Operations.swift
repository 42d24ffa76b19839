//===----------------------------------------------------------------------===//
// This source file is part of the rpc-gateway project
// Licensed under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

internal import HTTPServer

extension HTTPGateway {
    func operation(
        _ id: String,
        _ head: RequestHead,
        _ identity: RequestIdentity,
        _ responder: Responder
    ) throws(Problem) {
        throw .notFound("There is no operation of this identifier")
    }
}
