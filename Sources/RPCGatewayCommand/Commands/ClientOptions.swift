// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// The options that `call`, `cast`, `ping` and `gather` share.
struct ClientOptions: ParsableArguments {
    @Option(help: "The namespace of the endpoint.")
    var namespace: String?

    @Option(help: "The version of the endpoint, such as 1.5.")
    var version: String?

    @Option(help: "The exchange. (default: the setting rpc.controlExchange)")
    var exchange: String?

    @Option(
        help: ArgumentHelp(
            "Seconds to wait, such as 2.5. (default: the setting rpc.responseTimeoutMs)",
            valueName: "seconds"
        )
    )
    var timeout: Double?

    @Option(help: ArgumentHelp("The request context, a JSON object.", valueName: "json"))
    var context: String?

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if let timeout, !(0.001...86_400).contains(timeout) {
            throw ValidationError("--timeout must be a number of seconds from 0.001 to 86400")
        }
        if let version, !VersionText.isVersion(version) {
            throw ValidationError("--version must be a version such as 1.5")
        }
    }

    /// A request with these options.
    func request(_ kind: ClientRequest.Kind, _ target: ClientTarget, _ method: String, _ json: String?) -> ClientRequest
    {
        ClientRequest(
            kind: kind,
            target: target,
            method: method,
            arguments: json ?? "{}",
            namespace: namespace,
            version: version,
            exchange: exchange,
            timeout: timeout.map { .seconds($0) },
            context: context
        )
    }

    /// Reads the settings and carries a request out.
    func run(_ request: ClientRequest) async throws {
        let loaded = try settings.arguments().load()
        let outcome = await ClientCommands.run(request, loaded.settings)
        guard outcome == .success else { throw outcome.exitCode }
    }
}
