// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer

extension RequestFields {
    /// The value of a field that may stand once only; nil where it is absent.
    ///
    /// - Throws: `invalid-request` for a field that is given twice.
    func single(_ name: StaticString) throws(Problem) -> String? {
        guard let value = self[name] else { return nil }
        guard count(of: name) == 1 else { throw .invalidRequest("\(name): the field is given twice") }
        return value
    }
}
