// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Access
internal import HTTPServer

extension RequestHead {
    /// Notes the address from which a request came to a proxy, if the peer is one that is believed.
    mutating func locate(behind proxy: TrustedProxy, now: Int64) throws(AuthenticationError) {
        guard let field = proxy.forwardingField, !Caller.isNeedless(at: path) else { return }
        let certificate = proxy.certificates.isEmpty ? nil : clientCertificate?.proved
        let values = fields.bytes(ofAll: field)
        guard let client = try proxy.client(behind: remoteAddress, showing: certificate, values, now: now) else {
            return
        }
        locate(at: client)
    }
}
