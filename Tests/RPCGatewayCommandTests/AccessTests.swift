// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Access
import ArgumentParser
import Testing

@testable import RPCGatewayCommand

struct AccessTests {
    private let folder = TemporaryFolder()

    private func line(_ name: String) throws -> String {
        var numbers = SystemRandomNumberGenerator()
        return try #require(NewKey(name: name, roles: [], expires: nil, using: &numbers)).line
    }

    private func problems(_ settings: AccessSettings) -> [String] {
        do {
            _ = try AccessLoading.load(settings, after: nil)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func nothingIsAskedWithoutASource() throws {
        #expect(try AccessLoading.load(AccessSettings(), after: nil) == nil)
        #expect(try AccessLoading.load(AccessSettings(takesAnonymous: true), after: nil) == nil)
        let closed = try #require(try AccessLoading.load(AccessSettings(takesAnonymous: false), after: nil))
        #expect(throws: AuthenticationError.missing) { try closed.principal(of: Credentials()) }
    }

    @Test func theFileIsRead() throws {
        let path = folder.add("keys.yaml", try line("ci") + "\n" + line("ops") + "\n")
        let access = try #require(try AccessLoading.load(AccessSettings(keysFile: path), after: nil))
        #expect(access.keyCount == 2)
    }

    @Test func everyProblemOfTheFileIsToldWithItsPlace() throws {
        let path = folder.add("keys.yaml", try line("ci") + "\n- {name: x}\n- y\n")
        let digest = "64 hexadecimal digits, the SHA-256 of the key; rpc-gateway keys new prints them"
        let expected = [
            "auth.keys (file \(path)): line 2: sha256: is missing; it has to be \(digest)",
            "auth.keys (file \(path)): line 3: a mapping is expected, with name, sha256, roles, expires, user, project, domain, limits",
        ]
        #expect(problems(AccessSettings(keysFile: path)) == expected)
        #expect(
            problems(AccessSettings(keysFile: "/nowhere/keys")) == ["auth.keys (file /nowhere/keys): does not exist"]
        )
    }

    private static let publicKey =
        #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#

    @Test func issuersAreReadWithTheFilesThatTheyName() throws {
        _ = folder.add("corp.json", Self.publicKey)
        let line = #"- {name: corp, issuer: "https://login.example", audiences: gateway, keys: "#
        let path = folder.add("issuers.yaml", line + "corp.json}\n")
        let settings = AccessSettings(issuersFile: path)
        let access = try #require(try AccessLoading.load(settings, after: nil))
        #expect(access.issuerCount == 1)
        // A change of a key is a change, too.
        let named = String(path.dropLast("issuers.yaml".count)) + "corp.json"
        #expect(AccessLoading.files(settings, access) == [path, named])
        #expect(AccessLoading.files(settings, nil) == [path])
        #expect(throws: AuthenticationError.missing) { try access.principal(of: Credentials()) }
        _ = folder.add("issuers.yaml", line + "/nowhere/corp.json}\n")
        #expect(
            problems(settings) == [
                "auth.issuers (file \(path)): line 1: keys: the file /nowhere/corp.json does not exist"
            ]
        )
    }

    @Test func theKeysFileIsASetting() throws {
        let arguments = SettingsArguments(values: [("auth.keys", "/etc/keys.yaml"), ("auth.anonymous", "false")])
        let settings = try Settings.load(arguments: arguments, environment: [:]).settings
        #expect(settings.access == AccessSettings(keysFile: "/etc/keys.yaml", takesAnonymous: false))
        let none = SettingsArguments(values: [("auth.keys", "none"), ("auth.anonymous", "auto")])
        #expect(try Settings.load(arguments: none, environment: [:]).settings.access == AccessSettings())
        #expect(settings.changes(from: Settings()).applicable == ["auth.keys", "auth.anonymous"])
    }

    @Test func aFileIsReadOnceItHasStoppedChanging() {
        func stamps(_ number: Int64) -> [FileStamp] { [FileStamp(number: 0), FileStamp(number: number)] }
        var changes = FileChanges(stamps(1))
        let looks = [1, 2, 3, 3, 3, 4, 3, 5, 5].map { changes.look(stamps($0)) }
        #expect(looks == [false, false, false, true, false, false, false, false, true])
    }

    @Test func aStampTellsFilesApart() throws {
        let path = folder.add("keys.yaml", "a")
        let first = FileStamp(of: path)
        #expect(FileStamp(of: path) == first)
        _ = folder.add("keys.yaml", "bb")
        #expect(FileStamp(of: path) != first)
        #expect(FileStamp(of: path) != FileStamp(of: "/nowhere"))
        #expect(FileStamp(of: "/nowhere") == FileStamp(of: "/nowhere/else"))
    }

    @Test(arguments: [
        ("2027-01-31", 1_801_353_600 as Int64), ("90d", 90 * 86_400 + 5), ("1d", 86_405), ("0d", nil), ("-1d", nil),
        ("d", nil),
        ("40000d", nil), ("soon", nil),
    ]) func expiryIsADateOrDays(_ text: String, _ seconds: Int64?) {
        #expect(KeysCommand.New.time(text, now: 5)?.seconds == seconds)
    }

    @Test func keysNewReadsItsOptions() throws {
        let line = ["keys", "new", "ci", "--role", "a", "--role", "b", "--expires", "90d"]
        let command = try #require(try RPCGateway.parseAsRoot(line) as? KeysCommand.New)
        #expect(command.name == "ci")
        #expect(command.roles == ["a", "b"])
        #expect(throws: (any Error).self) { try RPCGateway.parseAsRoot(["keys", "new"]) }
        #expect(throws: (any Error).self) { try RPCGateway.parseAsRoot(["keys", "new", "ci", "--expires", "soon"]) }
    }
}
