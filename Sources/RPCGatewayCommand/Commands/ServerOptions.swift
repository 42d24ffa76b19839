// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The options of the server, which `config` takes as well.
struct ServerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to listen: HOST:PORT, unix:/PATH or systemd; may be repeated. (default: 127.0.0.1:8080)",
            valueName: "address"
        )
    )
    var listen: [String] = []

    @Option(name: .customLong("log-format"), help: "text or json.")
    var logFormat: String?

    @Option(help: ArgumentHelp("Run the demonstration service: true, false or auto.", valueName: "choice"))
    var demo: String?

    @Flag(help: "Serve other machines without authentication or TLS, as behind a proxy that has both.")
    var insecure = false

    @OptionGroup var settings: SettingsOptions

    /// What the options say about settings.
    var arguments: SettingsArguments {
        var arguments = settings.arguments([
            ("http.listen", listen.isEmpty ? nil : listen.joined(separator: ",")),
            ("http.insecure", insecure ? "true" : nil), ("log.format", logFormat),
            ("demo.enabled", demo),
        ])
        arguments.areForServing = true
        return arguments
    }
}
