// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import HTTPServer
import Testing

@testable import RPCGatewayCommand

struct ListenAddressTests {
    private static let longPath = "/" + String(repeating: "p", count: 106)

    @Test(arguments: [
        ("127.0.0.1:8080", [ListenAddress.tcp(host: "127.0.0.1", port: 8080)]),
        ("[::1]:0,localhost:80", [.tcp(host: "::1", port: 0), .tcp(host: "localhost", port: 80)]),
        (
            "unix:/run/g.sock , 127.0.0.1:0, 127.0.0.1:0",
            [
                .unix(path: "/run/g.sock"), .tcp(host: "127.0.0.1", port: 0), .tcp(host: "127.0.0.1", port: 0),
            ]
        ),
        ("systemd, fd:admin", [.started(name: nil), .started(name: "admin")]),
        ("unix:\(longPath)", [.unix(path: longPath)]),
    ])
    func addressesAreReadAndWritten(_ text: String, _ addresses: [ListenAddress]) {
        #expect(ListenAddresses.parse(text) == addresses)
        #expect(ListenAddresses.parse(ListenAddresses.text(addresses)) == addresses)
    }

    @Test(arguments: [
        ("", "\"\" is none"), ("8080", "\"8080\" is none"), ("127.0.0.1:80,", "\"\" is none"),
        ("unix:gateway.sock", "is no absolute path"), ("unix:/run/", "is no absolute path"),
        ("unix:\(longPath)p", "a path of 108 bytes is too long"), ("unix:/run/\u{1}", "is no absolute path"),
        ("fd:", "\"fd:\" is none"), ("fd:a b", "is none"), ("systemd:x", "is none"),
        ("systemd, systemd", "twice"), ("127.0.0.1:80, 127.0.0.1:80", "twice"),
        (String(repeating: "127.0.0.1:0,", count: 16) + "127.0.0.1:0", "16 at the most"),
    ])
    func othersAreRefusedWithTheReason(_ text: String, _ reason: String) {
        #expect(ListenAddresses.parse(text) == nil)
        #expect(ListenAddresses.explain(text)?.contains(reason) == true, "\(ListenAddresses.explain(text) ?? "")")
    }

    @Test func modesAreOctal() {
        #expect(SocketMode.parse("0660") == 0o660)
        #expect(SocketMode.parse("600") == 0o600)
        #expect(["660 ", "8", "1777", "00660", "", "0o660", "-660", "668"].allSatisfy { SocketMode.parse($0) == nil })
        #expect(SocketMode.text(0o660) == "0660")
        #expect(SocketMode.text(0) == "0000")
    }

    @Test func severalOptionsAreOneList() throws {
        let words = ["serve", "--listen", "127.0.0.1:0", "--listen", "unix:/run/g.sock"]
        let options = try #require(try RPCGateway.parseAsRoot(words) as? ServeCommand).options
        #expect(options.arguments.values.map(\.value) == ["127.0.0.1:0,unix:/run/g.sock"])
    }
}

struct StartedSocketsTests {
    private func read(_ environment: [String: String]) throws(StartedSockets.Malformed) -> StartedSockets {
        try StartedSockets(environment, process: 42)
    }

    @Test func thereAreNoneWithoutTheVariablesOrForAnother() throws {
        #expect(try read([:]).sockets.isEmpty)
        #expect(try read(["LISTEN_FDS": "1"]).sockets.isEmpty)
        #expect(try read(["LISTEN_PID": "42"]).sockets.isEmpty)
        #expect(try read(["LISTEN_PID": "41", "LISTEN_FDS": "1"]).sockets.isEmpty)
    }

    @Test func theyBeginBehindStandardError() throws {
        let plain = try read(["LISTEN_PID": "42", "LISTEN_FDS": "2"]).sockets
        #expect(plain.map(\.descriptor) == [3, 4])
        #expect(plain.map(\.name) == ["unknown", "unknown"])
        let named = try read(["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:"]).sockets
        #expect(named.map(\.name) == ["web", ""])
    }

    @Test(arguments: [
        ["LISTEN_PID": "x", "LISTEN_FDS": "1"], ["LISTEN_PID": "-42", "LISTEN_FDS": "1"],
        ["LISTEN_PID": "42", "LISTEN_FDS": "0"], ["LISTEN_PID": "42", "LISTEN_FDS": "65"],
        ["LISTEN_PID": "42", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a:b"],
        ["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "a"],
    ])
    func variablesThatContradictAreRefused(_ environment: [String: String]) {
        #expect(throws: StartedSockets.Malformed.self) { try read(environment) }
    }

    @Test func anAddressMeansThoseOfItsNameOrTheRest() throws {
        let names = ["LISTEN_PID": "42", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "web:admin:web"]
        let started = try read(names)
        let all: [ListenAddress] = [.started(name: nil), .started(name: "admin"), .unix(path: "/x")]
        #expect(started.sockets(for: all[0], among: all).map(\.descriptor) == [3, 5])
        #expect(started.sockets(for: all[1], among: all).map(\.descriptor) == [4])
        #expect(started.sockets(for: all[2], among: all).isEmpty)
        #expect(started.sockets(for: .started(name: "x"), among: all).isEmpty)
    }

    @Test func anAddressWithoutSocketsIsAProblem() throws {
        var settings = ListenSettings()
        settings.addresses = [.started(name: nil)]
        let started = try read([:])
        do throws(SettingsError) {
            _ = try settings.listeners(started)
            Issue.record("it was taken")
        } catch {
            #expect(error.description.contains("http.listen: \"systemd\": no such socket was passed"))
        }
    }
}
