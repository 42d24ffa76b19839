// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// Keeps pages of other sites from using what a browser can reach.
///
/// A browser sends a body of any of the form and text types, or none, across origins without asking the server first.
/// Calls refuse those types; where they are accepted, and where there is no body, the origin has to be looked at.
enum RequestOrigin {
    /// Checks that a browser's request comes from a page of this very host and port, or of an allowed origin.
    ///
    /// - Throws: `forbidden` for another origin; requests of other clients name none.
    static func check(_ fields: RequestFields, _ allowed: CrossOriginConfiguration) throws(Problem) {
        guard let origin = fields.bytes(of: "Origin") else { return }
        let host = fields.bytes(of: "Host") ?? []
        let isOwn =
            origin.elementsEqual(Array("http://".utf8) + host) || origin.elementsEqual(Array("https://".utf8) + host)
        guard fields.count(of: "Origin") == 1, isOwn || allowed.allows(origin) else {
            throw .forbidden(
                "Origin: a page of another origin may not send messages, unless http.cors.origins names it"
            )
        }
    }
}
