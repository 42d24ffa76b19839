// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import HTTPServer
internal import Messaging

/// W3C Trace Context: `traceparent` and `tracestate`, validated.
enum TraceContext {
    /// Copies valid fields into a request context; an invalid `traceparent` makes both count as absent.
    static func copy(_ fields: RequestFields, into context: inout RequestContext) {
        guard let parent = fields["traceparent"], isValid(parent) else { return }
        context.set("traceparent", string: parent)
        let states = fields.values(of: "tracestate")
        guard !states.isEmpty else { return }
        let state = states.joined(separator: ",")
        guard state.utf8.count <= 512, state.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) else { return }
        context.set("tracestate", string: state)
    }

    /// `version-traceid-parentid-flags` in lower-case hexadecimal, neither identifier all zeros, version not `ff`.
    static func isValid(_ parent: String) -> Bool {
        let parts = parent.utf8.split(separator: 0x2d, omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].count == 2, parts[1].count == 32, parts[2].count == 16, parts[3].count == 2
        else {
            return false
        }
        guard parts.prefix(4).allSatisfy({ $0.allSatisfy(isLowerHexadecimal) }) else { return false }
        let version = String(Substring(parts[0]))
        guard version != "ff", version != "00" || parts.count == 4 else { return false }
        return parts[1].contains { $0 != 0x30 } && parts[2].contains { $0 != 0x30 }
    }

    private static func isLowerHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}
