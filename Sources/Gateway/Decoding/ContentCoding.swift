// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

/// How the body of a request is coded for transfer (RFC 9110, section 8.4).
enum ContentCoding {
    private static let known: [StaticString] = ["gzip", "x-gzip", "deflate"]

    /// Whether the body has to be decoded.
    ///
    /// - Throws: 415 for any coding other than gzip and deflate, and for several codings.
    static func isCoded(_ fields: RequestFields) throws(Problem) -> Bool {
        guard fields.contains("Content-Encoding") else { return false }
        let codings = fields.values(of: "Content-Encoding").flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ",")).map { part in part.filter { $0 != 0x20 && $0 != 0x09 } }
        }
        let real = codings.filter { !$0.isEmpty && !RequestFields.isSame($0[...], "identity") }
        guard let coding = real.first else { return false }
        guard real.count == 1, known.contains(where: { RequestFields.isSame(coding[...], $0) }) else {
            throw .unsupportedCoding
        }
        return true
    }
}

extension Problem {
    fileprivate static let unsupportedCoding: Problem = {
        var problem = Problem(.unsupportedMediaType, "Content-Encoding: gzip or deflate is expected, once, or none")
        problem.fields = [("Accept-Encoding", "gzip, deflate")]
        return problem
    }()
}
