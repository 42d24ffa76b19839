// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

extension ConnectionConfiguration {
    /// What makes this configuration unusable; nil when it is sound.
    var defect: AMQPError? {
        if host.isEmpty || host.utf8.contains(0) { return .invalidArgument("the host name is empty or holds a NUL") }
        if !(1...65_535).contains(port) { return .invalidArgument("the port is not between 1 and 65535") }
        if virtualHost.utf8.count > 255 { return .invalidArgument("the virtual host is longer than 255 bytes") }
        if username.utf8.contains(0) || password.utf8.contains(0) {
            return .invalidArgument("the user name or the password holds a NUL")
        }
        if !(4096...(1 << 30)).contains(frameMaximum) { return .invalidArgument("the frame maximum is below 4096") }
        if !(0...65_535).contains(channelMaximum) { return .invalidArgument("the channel maximum is above 65535") }
        return nil
    }

    /// The interval announced to the broker: whole seconds, at least one unless off.
    var heartbeatSeconds: UInt16 {
        guard heartbeat > .zero else { return 0 }
        return UInt16(min(max(heartbeat.components.seconds, 1), 65_535))
    }

    /// What the broker shows of this client, and what this client can do.
    var clientProperties: FieldTable {
        var table: FieldTable = [
            "product": "rpc-gateway", "version": .string(productVersion), "platform": "Swift, Linux",
        ]
        if !connectionName.isEmpty { table["connection_name"] = .string(connectionName) }
        table["capabilities"] = [
            "authentication_failure_close": true, "connection.blocked": true, "consumer_cancel_notify": true,
            "basic.nack": true, "publisher_confirms": true,
        ]
        return table
    }

    /// The SASL response that belongs to `authentication`.
    var saslResponse: [UInt8] {
        switch authentication {
        case .plain: [0] + username.utf8 + [0] + password.utf8
        case .external: Array(username.utf8)
        }
    }
}
