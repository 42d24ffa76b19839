// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Gateway
import HTTPServer
import Logging
import Messaging
import Observability
import RabbitDriver
import Testing

@testable import RPCGatewayCommand

struct SettingsLoadTests {
    private let folder = TemporaryFolder()

    private func load(
        _ values: [(key: String, value: String)] = [],
        environment: [String: String] = [:],
        secrets: [String: String]? = nil,
        file: String? = nil
    ) throws(SettingsError) -> LoadedSettings {
        var arguments = SettingsArguments(values: values)
        arguments.secretsDirectory = folder.add(secrets ?? [:], in: "secrets")
        if let file { arguments.configFile = folder.add("gateway.yaml", file) }
        return try Settings.load(arguments: arguments, environment: environment)
    }

    private func problems(
        _ values: [(key: String, value: String)] = [],
        environment: [String: String] = [:],
        secrets: [String: String]? = nil,
        file: String? = nil
    ) -> [String] {
        do {
            _ = try load(values, environment: environment, secrets: secrets, file: file)
            return []
        } catch {
            return error.problems.map { $0.description.replacingOccurrences(of: folder.path, with: "") }
        }
    }

    @Test func nothingSetGivesTheDefaults() throws {
        let loaded = try load()
        #expect(loaded.settings == Settings())
        #expect(loaded.origins.isEmpty)
        #expect(loaded.settings.runsDemo)
        #expect(loaded.settings.exposesRemoteErrors)
    }

    @Test func commandLineThenEnvironmentThenSecretThenFileThenDefault() throws {
        let file = "rpc:\n  retry: 4\n  maxInFlight: 44\n  controlExchange: four\n  maxReplyBytes: 4444\n"
        let secrets = ["rpc.retry": "3\n", "rpc-maxInFlight": "33\n", "rpc.controlExchange": "three"]
        let environment = ["RPC_GATEWAY_RPC_RETRY": "2", "RPC_GATEWAY_RPC_MAX_IN_FLIGHT": "22"]
        let loaded = try load([("rpc.retry", "1")], environment: environment, secrets: secrets, file: file)
        let rpc = loaded.settings.gateway
        #expect(rpc.retry == 1)
        #expect(rpc.maximumInFlight == 22)
        #expect(rpc.controlExchange == "three")
        #expect(loaded.settings.driver.maximumReplyBytes == 4444)
        #expect(rpc.responseTimeout == .seconds(60))
        #expect(loaded.origins["rpc.retry"] == "option --set")
        #expect(loaded.origins["rpc.maxInFlight"] == "environment variable RPC_GATEWAY_RPC_MAX_IN_FLIGHT")
        #expect(loaded.origins["rpc.controlExchange"]?.hasPrefix("secret file in ") == true)
        #expect(loaded.origins["rpc.maxReplyBytes"]?.hasPrefix("file ") == true)
        #expect(loaded.origins["rpc.responseTimeoutMs"] == nil)
    }

    @Test func everyKindOfValueIsReadFromTheFile() throws {
        let file = """
            http: {listen: "[::1]:0", loops: 2, idleTimeoutMs: 5000}
            rpc.checkConsumers: off
            rpc:
              versionCap: 1.5
            errors:
              expose: safe
              rules: [nova.exception.*NotFound=404, "a.?=503"]
            log: {level: debug, format: json}
            demo: {enabled: no}
            rabbit: {amqp_durable_queues: yes, kombu_reconnect_delay: 0.5, ssl_ca_file: /etc/ca.pem}
            """
        let settings = try load(file: file).settings
        #expect(settings.listen.addresses == [.tcp(host: "::1", port: 0)])
        #expect(settings.http.loopCount == 2)
        #expect(settings.http.idleTimeout == .seconds(5))
        #expect(!settings.gateway.checksConsumers)
        #expect(settings.gateway.versionCap == "1.5")
        #expect(settings.gateway.errorRules.map(\.pattern) == ["nova.exception.*NotFound", "a.?"])
        #expect(settings.gateway.errorRules.map(\.status) == [404, 503])
        #expect(settings.logLevel == .debug)
        #expect(settings.logFormat == .json)
        #expect(settings.demo == false)
        #expect(!settings.runsDemo)
        #expect(!settings.exposesRemoteErrors)
        let options = ["amqp_durable_queues": "true", "kombu_reconnect_delay": "0.5", "ssl_ca_file": "/etc/ca.pem"]
        #expect(settings.rabbit == options)
    }

    @Test func theEnvironmentSetsListsAndRabbitOptions() throws {
        let environment = [
            "RPC_GATEWAY_ERRORS_RULES": "a.B=404, c.*=409", "RPC_GATEWAY_RABBIT_AMQP_DURABLE_QUEUES": "1",
            "RPC_GATEWAY_ERRORS_EXPOSE_TRACEBACK": "true",
        ]
        let settings = try load(environment: environment).settings
        #expect(settings.gateway.errorRules.map(\.text) == ["a.B=404", "c.*=409"])
        #expect(settings.rabbit == ["amqp_durable_queues": "true"])
        #expect(settings.gateway.exposesTraceback)
    }

    @Test func allThatIsWrongIsListedTogether() {
        let file = "http:\n  listn: x\n  maxHeadBytes: many\n  loops: [1, 2]\nrcp:\n  retry: 1\n"
        let found = problems(
            [("log.levle", "debug"), ("rpc.retry", "-2")],
            environment: ["RPC_GATEWAY_HTTP_MAX_BODY_BYTE": "1", "RPC_GATEWAY_SHUTDOWN_GRACE_MS": "1s"],
            secrets: ["demo.enabled": "perhaps"],
            file: file
        )
        #expect(
            found == [
                "log.levle (option --set): unknown key; did you mean log.level?",
                "RPC_GATEWAY_HTTP_MAX_BODY_BYTE (environment): unknown variable; did you mean "
                    + "RPC_GATEWAY_HTTP_MAX_BODY_BYTES?",
                "http.listn (file /gateway.yaml): unknown key; did you mean http.listen?",
                "rcp.retry (file /gateway.yaml): unknown key; did you mean rpc.retry?",
                "http.loops (file /gateway.yaml): must be a whole number from 1 to 16",
                "http.maxHeadBytes: \"many\" (file /gateway.yaml): must be a whole number from 4096 to 262144",
                "rpc.retry: \"-2\" (option --set): must be a whole number from -1 to 1000",
                "shutdown.graceMs: \"1s\" (environment variable RPC_GATEWAY_SHUTDOWN_GRACE_MS): must be milliseconds, "
                    + "a whole number from 0 to 3600000",
                "demo.enabled: \"perhaps\" (secret file in /secrets): must be auto, true or false",
            ]
        )
    }

    @Test(arguments: [
        ("http.listen", "8080"), ("http.listen", ":8080"), ("http.listen", "h:65536"), ("http.listen", "::1:80"),
        ("http.listen", "[::1]"), ("http.listen", "[zz]:1"), ("http.listen", "a b:1"), ("http.listen", "h:+1"),
        ("http.listen", "h:1,,h:2"), ("http.listen", "unix:gateway.sock"), ("http.listen", "fd:"),
        ("http.unix.mode", "8"),
        ("http.unix.mode", "01777"), ("http.unix.mode", "rw"),
        ("http.hosts", "a b"), ("http.hosts", "a,,b"), ("http.hosts", "a:80"), ("http.hosts", "::1"),
        ("http.hosts", "[x]"),
        ("http.hosts", "*.example"), ("http.hosts", ","),
        ("http.loops", "0"), ("http.loops", "17"), ("http.loops", "1.0"), ("http.loops", " 1"), ("http.loops", "0x1"),
        ("http.loops", "99999999999999999999"), ("http.maxHeadBytes", "4095"), ("http.maxConnections", "0"),
        ("rpc.versionCap", "one"), ("rpc.versionCap", "1."), ("rpc.controlExchange", ""),
        ("rpc.checkConsumers", "maybe"),
        ("errors.expose", "FULL"), ("errors.rules", "a.B"), ("errors.rules", "a.B=200"), ("errors.rules", "a B=404"),
        ("log.level", "loud"), ("log.format", "xml"), ("transport.url", "localhost"), ("transport.url", "http://h"),
        ("transport.url", "rabbit://a b"), ("rabbit.rpc_conn_pool_size", "0"), ("rabbit.kombu_reconnect_delay", "5"),
        ("rabbit.kombu_reconnect_delay", "nan"), ("rabbit.kombu_reconnect_delay", "0x1p1"),
        ("transport.url", "rabbit://h:port/"), ("rabbit.rabbit_login_method", "plain"), ("rabbit.ssl", ""),
        ("health.probeTimeoutMs", "-1"), ("demo.enabled", "2"),
    ])
    func wrongValuesAreRefused(key: String, value: String) {
        let found = problems([(key, value)])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(key) == true)
    }

    @Test func valuesThatContradictEachOtherAreRefused() {
        #expect(problems([("rpc.responseTimeoutMs", "700000")]).count == 1)
        #expect(problems([("rabbit.conn_pool_min_size", "31")]).count == 1)
        #expect(problems([("rabbit.rabbit_stream_fanout", "true")]).count == 1)
        #expect(problems([("rabbit.rabbit_ha_queues", "true"), ("rabbit.rabbit_quorum_queue", "true")]).count == 1)
    }

    @Test func aWrongSecretIsNotShown() {
        let found = problems([("transport.url", "rabit://user:hunter2@host/")])
        #expect(found.count == 1)
        #expect(!found.joined().contains("hunter2"))
        #expect(found[0].hasPrefix("transport.url: \"***\" (option --transport-url): must be a transport URL"))
        #expect(found[0].hasSuffix("(its scheme is none of fake, kombu, memory, rabbit)"))
        #expect(!problems([("transport.url", "rabbit://u:hunter2@h:port/")]).joined().contains("hunter2"))
    }

    @Test func aBrokenFileIsReportedWithoutItsText() {
        for text in ["transport: {url: rabbit://u:hunter2@h", "a: b: hunter2", "- hunter2", "\u{0}hunter2", "x: &a *b"]
        {
            let found = problems(file: text)
            #expect(found.count >= 1)
            #expect(!found.joined().contains("hunter2"))
        }
    }

    @Test func aFileOfCommentsAndEmptySectionsSetsNothing() throws {
        #expect(try load(file: "# nothing\n---\n\n").settings == Settings())
        #expect(try load(file: "http:\n  # listen: x\nrabbit:\n").settings == Settings())
        #expect(try load(file: "").settings == Settings())
    }

    @Test func emptyValuesAndRepeatedKeysAreRefused() {
        #expect(problems(file: "http:\n  listen:\n").count == 1)
        #expect(problems(environment: ["RPC_GATEWAY_LOG_LEVEL": ""]).count == 1)
        #expect(problems(file: "http.loops: 1\nhttp:\n  loops: 2\n").contains { $0.contains("is given twice") })
        #expect(problems(file: "http:\n  loops: 1\n  loops: 2\n").count == 1)
        #expect(problems(file: "http:\n  listen: {host: h}\n").contains { $0.contains("http.listen.host") })
    }

    @Test func missingFilesAreReported() {
        let arguments = SettingsArguments(configFile: "/nowhere/x.yaml", secretsDirectory: "/nowhere/secrets")
        #expect(throws: SettingsError.self) { try Settings.load(arguments: arguments, environment: [:]) }
        do {
            _ = try Settings.load(arguments: arguments, environment: ["RPC_GATEWAY_CONFIG": "/ignored"])
        } catch {
            #expect(
                error.problems.map(\.description) == [
                    "secrets directory /nowhere/secrets: is not a directory", "file /nowhere/x.yaml: does not exist",
                ]
            )
        }
    }

    @Test func theEnvironmentNamesTheFiles() throws {
        let environment = [
            "RPC_GATEWAY_CONFIG": folder.add("e.yaml", "rpc: {retry: 7}"),
            "RPC_GATEWAY_SECRETS_DIR": folder.add(["transport-url": "rabbit://u:p@h/\n"], in: "s"),
        ]
        let settings = try Settings.load(arguments: SettingsArguments(), environment: environment).settings
        #expect(settings.gateway.retry == 7)
        #expect(settings.transport.url == "rabbit://u:p@h/")
    }

    @Test func aVariableNamesTheFileOfASecret() throws {
        let name = "RPC_GATEWAY_TRANSPORT_URL_FILE"
        let path = folder.add("url", "rabbit://u:p@h/\n")
        let loaded = try load(environment: [name: path], secrets: ["transport.url": "memory://"])
        #expect(loaded.settings.transport.url == "rabbit://u:p@h/")
        #expect(loaded.origins["transport.url"] == "file \(path) of environment variable \(name)")
        #expect(try load([("transport.url", "fake://")], environment: [name: path]).settings.transport.url == "fake://")
        #expect(
            problems(environment: [name: "/nowhere/url"]) == [
                "transport.url (environment variable \(name)): file /nowhere/url does not exist"
            ]
        )
        let both = problems(environment: [name: path, "RPC_GATEWAY_TRANSPORT_URL": "memory://"])
        #expect(both.count == 1)
        #expect(both.first?.hasSuffix("is set together with RPC_GATEWAY_TRANSPORT_URL; keep one of them") == true)
        let wrong = problems(environment: [name: folder.add("wrong", "rabbit://u:hunter2@h:port/")])
        #expect(wrong.count == 1)
        #expect(wrong.first?.hasPrefix("transport.url: \"***\" (file /wrong of environment variable \(name))") == true)
        #expect(problems(environment: [name: folder.add("empty", "\n")]).count == 1)
        // What is no secret stands in the configuration.
        #expect(problems(environment: ["RPC_GATEWAY_RPC_RETRY_FILE": path]).count == 1)
    }

    @Test func thePasswordMayStandByItself() throws {
        let environment = ["RPC_GATEWAY_TRANSPORT_PASSWORD_FILE": folder.add("password", "p:@/ü\n")]
        let url = ("transport.url", "rabbit://u@a:1,v:own@b/vhost?ssl=1")
        let transport = try load([url], environment: environment).settings.transport
        #expect(try transport.address.hosts.map(\.password) == ["p:@/ü", "own"])
        #expect(try transport.address.hosts.map(\.username) == ["u", "v"])
        #expect(try transport.address.redactedDescription == "rabbit://u:***@a:1,v:***@b/vhost?ssl=1")
        #expect(!"\(transport)".contains("p:@"))
        #expect(
            try load([("transport.url", "rabbit://a/")], environment: environment).settings.transport.address.hosts[0]
                .password == "p:@/ü"
        )
        for other in ["rabbit://u:own@a/", "memory://"] {
            let found = problems([("transport.url", other)], environment: environment)
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("transport.password (file /password of environment variable") == true)
        }
    }

    @Test func credentialsOfSystemdAreSecretFiles() throws {
        let credentials = folder.add(["transport.url": "rabbit://u:p@h/"], in: "credentials")
        var environment = ["CREDENTIALS_DIRECTORY": credentials]
        let loaded = try Settings.load(arguments: SettingsArguments(), environment: environment)
        #expect(loaded.settings.transport.url == "rabbit://u:p@h/")
        #expect(loaded.origins["transport.url"] == "secret file in \(credentials)")
        environment["RPC_GATEWAY_SECRETS_DIR"] = folder.add(["transport.url": "rabbit://u:q@h/"], in: "own")
        let own = try Settings.load(arguments: SettingsArguments(), environment: environment)
        #expect(own.settings.transport.url == "rabbit://u:q@h/")
        // A program that another service starts may see a directory that is gone.
        #expect(
            try Settings.load(arguments: SettingsArguments(), environment: ["CREDENTIALS_DIRECTORY": "/nowhere"])
                .origins.isEmpty
        )
    }

    @Test func variablesOfKubernetesServiceLinksAreLeftAlone() {
        let names = [
            "SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP", "PORT_8080_TCP_ADDR",
        ]
        let environment = Dictionary(uniqueKeysWithValues: names.map { ("RPC_GATEWAY_" + $0, "tcp://10.0.0.1:8080") })
        #expect(problems(environment: environment).isEmpty)
        #expect(problems(environment: ["RPC_GATEWAY_PORTS": "1"]).count == 1)
    }

    @Test func aProblemStaysOneLine() {
        let found = problems([("http.loops", "1\n2\u{1B}[2J\u{202E}" + String(repeating: "x", count: 500))])
        #expect(found.count == 1)
        #expect(found[0].unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
        #expect(found[0].count < 300)
    }
}
