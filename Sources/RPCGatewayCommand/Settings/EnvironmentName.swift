// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

/// Names of environment variables.
enum EnvironmentName {
    static let prefix = "RPC_GATEWAY_"

    /// The prefix as swift-configuration wants it: its components become upper case, joined by underscores.
    static let keyPrefix = ["rpc", "gateway"]

    static func make(_ key: String) -> String {
        var name = prefix
        var previous: Character = "."
        for character in key {
            if character.isUppercase, previous.isLowercase { name += "_" }
            name += character == "." ? "_" : character.uppercased()
            previous = character
        }
        return name
    }

    /// Whether Kubernetes made the variable: in every pod it sets some for a Service named `rpc-gateway`.
    static func isServiceLink(_ name: String) -> Bool {
        guard name.hasPrefix(prefix) else { return false }
        let rest = name.dropFirst(prefix.count)
        if rest == "PORT" || rest == "SERVICE_HOST" || rest.hasPrefix("SERVICE_PORT") { return true }
        let parts = rest.split(separator: "_")
        return parts.count >= 3 && parts[0] == "PORT" && parts[1].allSatisfy(\.isNumber)
            && ["TCP", "UDP", "SCTP"].contains(parts[2])
    }
}
