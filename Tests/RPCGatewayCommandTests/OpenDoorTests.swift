// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HTTPServer
import Testing

@testable import RPCGatewayCommand

struct OpenDoorTests {
    private static let keys = ("auth.keys", "/etc/keys.yaml")
    private static let policy = ("policy.file", "/etc/policy.yaml")
    private static let anonymous = ("auth.anonymous", "true")
    private static let insecure = ("http.insecure", "true")

    private func load(_ values: [(String, String)], areForServing: Bool = true) throws(SettingsError) -> LoadedSettings
    {
        var arguments = SettingsArguments(values: values.map { (key: $0.0, value: $0.1) })
        arguments.areForServing = areForServing
        return try Settings.load(arguments: arguments, environment: [:])
    }

    @Test(arguments: [
        "127.0.0.1:0", "127.8.9.10:80", "[::1]:8080", "localhost:8080", "unix:/run/gateway.sock", "systemd",
        "unix:/run/gateway.sock, 127.0.0.1:0",
    ])
    func loopbackAddressesNeedNothing(_ address: String) throws {
        #expect(try load([("http.listen", address)]).settings.openDoors() == [])
    }

    @Test(arguments: [
        "0.0.0.0:8080", "[::]:8080", "10.0.0.1:80", "gateway.example:80", "[::ffff:127.0.0.1]:80", "127.example:80",
        "127.0.0.1:80, 10.0.0.1:80",
    ])
    func othersNeedAuthenticationAndEncryption(_ address: String) throws {
        #expect(throws: SettingsError.self) { try load([("http.listen", address)]) }
        #expect(throws: SettingsError.self) { try load([("http.listen", address), Self.keys]) }
        #expect(
            try load([("http.listen", address), Self.insecure]).settings.openDoors() == [.authentication, .encryption]
        )
        #expect(try load([("http.listen", address), Self.keys, Self.insecure]).settings.openDoors() == [.encryption])
    }

    @Test func socketsOfTheStartAreJudgedByWhereTheyListen() throws {
        let settings = try load([("http.listen", "systemd")]).settings
        #expect(
            settings.reasonNotToServe([.unix(path: "/run/gateway.sock"), .tcp(host: "127.0.0.1", port: 80)]) == nil
        )
        #expect(settings.reasonNotToServe([.tcp(host: "::", port: 80)])?.contains("without authentication") == true)
        #expect(
            try load([("http.listen", "systemd"), Self.insecure]).settings.openDoors([.tcp(host: "::", port: 80)]).count
                == 2
        )
    }

    @Test func tlsIsEncryptionAndClientCertificatesAreAuthentication() throws {
        let tls = [
            ("http.listen", "0.0.0.0:443"), ("http.tls.certificate", "/etc/c.pem"), ("http.tls.key", "/etc/k.pem"),
        ]
        let authority = ("http.tls.clientAuthority", "/etc/a.pem")
        #expect(throws: SettingsError.self) { try load(tls) }
        #expect(try load(tls + [Self.keys]).settings.openDoors() == [])
        #expect(try load(tls + [authority]).settings.openDoors() == [])
        #expect(throws: SettingsError.self) { try load(tls + [authority, ("auth.certificates", "none")]) }
        #expect(throws: SettingsError.self) { try load(tls + [authority, Self.anonymous]) }
        #expect(try load(tls + [authority, Self.anonymous, Self.policy]).settings.openDoors() == [])
    }

    @Test func theSettingsOfTLSGoTogether() {
        let cases: [([(String, String)], String)] = [
            ([("http.tls.certificate", "a,b"), ("http.tls.key", "a")], "http.tls.key"),
            ([("http.tls.key", "a")], "http.tls.key"),
            ([("http.tls.clientAuthority", "a")], "http.tls.clientAuthority"),
            ([("http.tls.revoked", "a")], "http.tls.revoked"),
        ]
        for (values, key) in cases {
            do {
                _ = try load(values)
                Issue.record("\(values) were taken")
            } catch {
                #expect(error.problems.map(\.subject) == [key], "\(values)")
            }
        }
    }

    @Test func certificatesThatEndSoonAreToldOnceADay() {
        var ends = CertificateEnds()
        let (day, now): (Int64, Int64) = (86_400, 1_000_000_000)
        #expect(ends.look([now + 15 * day], now: now) == [])
        #expect(ends.look([now + 15 * day, now + 13 * day, now - 1], now: now) == [1, 2])
        #expect(ends.look([now + day], now: now + day - 1) == [])
        #expect(ends.look([now + 2 * day], now: now + day) == [0])
        // The clock was put back.
        #expect(ends.look([now], now: now - day) == [0])
    }

    @Test func authenticationIsMoreThanAFileOfKeys() throws {
        let cases: [([(String, String)], Bool)] = [
            ([], false), ([Self.keys], true), ([Self.policy], false), ([Self.keys, Self.anonymous], false),
            ([Self.keys, Self.anonymous, Self.policy], true), ([Self.anonymous, Self.policy], false),
            ([("auth.anonymous", "false")], false), ([Self.keys, ("auth.anonymous", "false")], true),
            ([("auth.issuers", "/etc/issuers.yaml")], true),
            ([("auth.issuers", "/etc/issuers.yaml"), Self.anonymous], false),
        ]
        for (values, isGuarded) in cases {
            #expect(try load(values).settings.access.isGuarded == isGuarded, "\(values)")
        }
    }

    @Test func theProblemNamesTheAddressAndTheFix() {
        do {
            _ = try load([("http.listen", "0.0.0.0:8080"), Self.keys, ("rpc.retry", "x")])
            Issue.record("it was taken")
        } catch {
            #expect(error.problems.count == 2)
            #expect(
                error.problems[1].description
                    == "http.listen: \"0.0.0.0:8080\" (option --listen): more than this machine "
                    + "reaches it, without TLS (set http.tls.certificate and http.tls.key, or listen on a loopback address, behind a "
                    + "proxy that has it); --insecure or http.insecure=true serves all the same"
            )
        }
    }

    @Test func aClientNeedsNoneOfIt() throws {
        #expect(try load([("http.listen", "0.0.0.0:8080")], areForServing: false).settings.openDoors().count == 2)
        let client = try #require(try RPCGateway.parseAsRoot(["call", "a", "b"]) as? CallCommand)
        #expect(!client.options.settings.arguments().areForServing)
    }

    @Test func theFlagIsTheSetting() throws {
        let serve = try #require(try RPCGateway.parseAsRoot(["serve", "--insecure"]) as? ServeCommand).options.arguments
        #expect(serve.areForServing)
        #expect(serve.values.map(\.key) == ["http.insecure"] && serve.values.map(\.value) == ["true"])
        let check = try #require(try RPCGateway.parseAsRoot(["config", "check"]) as? ConfigCommand.Check).options
            .arguments
        #expect(check.areForServing && check.values.isEmpty)
    }

    @Test func aReloadThatOpensADoorIsSeenThrough() throws {
        let running = try load([("http.listen", "0.0.0.0:8080"), Self.keys, Self.insecure]).settings
        var secured = running
        secured.servesInsecurely = false
        let wanted = try load([]).settings
        // The address and what is said of it need a restart, the file of keys does not.
        #expect(wanted.reasonNotToServe() == nil)
        #expect(wanted.reloading(over: running).reasonNotToServe() == nil)
        #expect(wanted.reloading(over: secured).reasonNotToServe()?.contains("without authentication") == true)
    }
}
