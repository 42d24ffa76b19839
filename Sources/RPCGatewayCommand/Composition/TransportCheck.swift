// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import Messaging
internal import RabbitDriver

/// What can be said about a transport's address before connecting.
enum TransportCheck {
    /// The names of the drivers that this program has.
    static let driverNames = ["fake", "kombu", "memory", "rabbit"]

    /// What is wrong with the options in the query of a RabbitMQ address; values are not repeated.
    private static func optionProblem(_ url: TransportURL) -> String? {
        guard ["rabbit", "kombu"].contains(url.driverName) else { return nil }
        do {
            _ = try RabbitOptions(options: url.options.map { ($0.name, $0.value) })
            return nil
        } catch {
            return String(describing: error)
        }
    }

    /// Why the address cannot be used, without any part of it; nil when it can.
    static func problem(with text: String) -> String? {
        do {
            let url = try TransportURL(text)
            let names = driverNames.joined(separator: ", ")
            guard driverNames.contains(url.driverName) else { return "its scheme is none of \(names)" }
            return optionProblem(url)
        } catch {
            return String(describing: error)
        }
    }
}
