// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import AMQP
internal import Messaging

extension ConnectionConfiguration {
    /// One configuration for each host of a URL.
    static func all(of url: TransportURL, options: RabbitOptions) -> [ConnectionConfiguration] {
        url.effectiveHosts.map { host in
            ConnectionConfiguration(
                host: host.effectiveHost,
                port: host.effectivePort,
                virtualHost: url.effectiveVirtualHost,
                username: host.effectiveUsername,
                password: host.effectivePassword,
                authentication: options.loginMethod == .external ? .external : .plain,
                heartbeat: options.heartbeat,
                connectionName: "rpc-gateway",
                tls: options.usesTLS ? TLSConfiguration(options) : nil
            )
        }
    }
}

extension TLSConfiguration {
    init(_ options: RabbitOptions) {
        self.init(
            caFile: options.tlsCAFile,
            certificateFile: options.tlsCertificateFile,
            keyFile: options.tlsKeyFile,
            verifiesHostname: options.verifiesHostname,
            minimumVersion: options.tlsVersion == .tls13 ? .tls13 : .tls12
        )
    }
}
