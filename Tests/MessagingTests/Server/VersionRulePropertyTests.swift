// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import SeededRandom
import Testing

/// The dispatcher's rule of versions and namespaces against Python's, over generated endpoints and requests.
struct VersionRulePropertyTests {
    private struct Named: RPCEndpoint {
        var target: Target
        var answer: Int

        var methods: [RPCMethod] { RPCMethod("m") { [answer] _ in answer } }
    }

    @Test(arguments: 0..<20) func theFirstCompatibleEndpointAnswers(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<250 {
            let targets = (0..<Int.random(in: 1...4, using: &random)).map { _ in Self.target(&random) }
            let namespace = Self.namespaces.randomElement(using: &random) ?? nil
            let version = Bool.random(using: &random) ? Self.version(&random) : nil
            let endpoints = targets.enumerated().map { Named(target: $1, answer: $0) }
            let request = IncomingRequest(
                method: JSONText(string: "m"),
                namespace: namespace.map { JSONText(string: $0) },
                version: version.map { JSONText(string: $0) }
            )
            let expected = targets.firstIndex { Self.serves($0, namespace, version ?? "1.0") }
            #expect(
                await Self.answer(endpoints, request) == expected,
                "\(targets) \(namespace ?? "-") \(version ?? "-")"
            )
        }
    }

    private static func answer(_ endpoints: [any RPCEndpoint], _ request: IncomingRequest) async -> Int? {
        do throws(DispatchFailure) {
            return Int(try await RPCDispatcher(endpoints: endpoints).dispatch(request).string)
        } catch {
            #expect(error.remote.className == "UnsupportedVersion")
            return nil
        }
    }

    /// Python's rule, written down a second time: lists of numbers in their order, the major number equal.
    private static func serves(_ target: Target, _ namespace: String?, _ version: String) -> Bool {
        guard ([target.namespace] + target.legacyNamespaces).contains(namespace) else { return false }
        let own = numbers(target.version ?? "1.0")
        let wanted = numbers(version)
        return own[0] == wanted[0] && !own.lexicographicallyPrecedes(wanted)
    }

    private static func numbers(_ version: String) -> [Int] {
        let parts = version.split(separator: ".").prefix(3).map { Int($0) ?? -1 }
        return parts.count == 3 ? parts : parts + [0]
    }

    private static let namespaces: [String?] = [nil, nil, "a", "b", "c"]

    private static func target(_ random: inout SeededRandom) -> Target {
        Target(
            namespace: namespaces.randomElement(using: &random) ?? nil,
            version: Bool.random(using: &random) ? version(&random) : nil,
            legacyNamespaces: Bool.random(using: &random) ? ["c"] : []
        )
    }

    private static func version(_ random: inout SeededRandom) -> String {
        let count = Int.random(in: 2...4, using: &random)
        let numbers = (0..<count).map { index in Int.random(in: index == 0 ? 1...2 : 0...11, using: &random) }
        return numbers.map(String.init).joined(separator: ".")
    }
}
