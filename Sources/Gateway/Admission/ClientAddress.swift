// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer

extension RequestHead {
    /// Notes the address from which a request came to a proxy, if the peer is one that is believed.
    mutating func locate(behind proxy: TrustedProxy) throws(AuthenticationError) {
        guard let field = proxy.forwardingField, !Caller.isNeedless(at: path),
            let client = try proxy.client(behind: remoteAddress, fields.bytes(ofAll: field))
        else { return }
        locate(at: client)
    }
}
