// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Messaging

/// Methods, namespaces and keyword arguments are found by the bytes of their names.
struct DispatchingByBytesTests {
    private struct Endpoint: RPCEndpoint {
        var target = Target()
        var methods: [RPCMethod]
    }

    private func method(_ name: String, _ result: String) -> RPCMethod {
        RPCMethod(name, rawArguments: { _, _ in JSONText(string: result) })
    }

    private func dispatch(
        _ method: String,
        _ endpoints: [Endpoint],
        namespace: JSONText? = nil,
        arguments: JSONText = .emptyObject,
        policy: any RPCAccessPolicy = DefaultRPCAccessPolicy()
    ) async -> String {
        let request = IncomingRequest(
            method: JSONText(string: method),
            arguments: arguments,
            namespace: namespace
        )
        do throws(DispatchFailure) {
            let dispatcher = RPCDispatcher(endpoints: endpoints, accessPolicy: policy)
            return try await dispatcher.dispatch(request).stringValue ?? ""
        } catch {
            return error.remote.className
        }
    }

    @Test(arguments: LookAlikes.pairs)
    func methods(_ one: String, _ other: String) async {
        let both = [Endpoint(methods: [method(one, "one"), method(other, "other")])]
        #expect(await dispatch(one, both) == "one")
        #expect(await dispatch(other, both) == "other")
        #expect(await dispatch(other, [Endpoint(methods: [method(one, "one")])]) == "NoSuchMethod")
    }

    @Test(arguments: LookAlikes.pairs)
    func namespaces(_ one: String, _ other: String) async {
        let endpoints = [
            Endpoint(target: Target(namespace: one), methods: [method("m", "one")]),
            Endpoint(target: Target(namespace: "x", legacyNamespaces: [other]), methods: [method("m", "other")]),
        ]
        #expect(await dispatch("m", endpoints, namespace: JSONText(string: one)) == "one")
        #expect(await dispatch("m", endpoints, namespace: JSONText(string: other)) == "other")
        #expect(
            await dispatch("m", Array(endpoints.prefix(1)), namespace: JSONText(string: other)) == "UnsupportedVersion"
        )
    }

    @Test(arguments: ["5", "[]", "{}", "true", #""\ud800""#])
    func aNamespaceThatIsNoTextFitsNoEndpoint(_ namespace: String) async throws {
        let endpoints = [Endpoint(methods: [method("m", "null")])]
        #expect(await dispatch("m", endpoints, namespace: try JSONText(namespace)) == "UnsupportedVersion")
        #expect(await dispatch("m", endpoints, namespace: .null) == "null")
    }

    /// Keys and values that only Python's JSON has leave the other arguments what they are.
    @Test(arguments: [
        (#"{"a": 1, "x": NaN}"#, "got an unexpected keyword argument 'x'"),
        (#"{"\ud800": 1, "a": 2}"#, #"got an unexpected keyword argument '\ud800'"#),
        (#"{"x": Infinity}"#, "got an unexpected keyword argument 'x'"),
    ])
    func argumentsOfPython(_ arguments: String, _ complaint: String) async throws {
        let one = Endpoint(methods: [RPCMethod("m", "a") { (_: RequestContext, a: Int) in a }])
        var request = IncomingRequest(method: JSONText(string: "m"))
        request.arguments = JSONText(validated: Array(arguments.utf8)[...])
        do throws(DispatchFailure) {
            let result = try await RPCDispatcher(endpoints: [one]).dispatch(request)
            Issue.record("\(result)")
        } catch {
            #expect(error.remote.message.hasSuffix(complaint))
        }
    }

    @Test(arguments: ["_x", "_\u{301}x", "_\u{200d}", "_"])
    func anUnderscoreMakesAMethodPrivateWhateverFollows(_ name: String) async {
        let endpoints = [Endpoint(methods: [method(name, "private")])]
        #expect(await dispatch(name, endpoints) == "NoSuchMethod")
        #expect(await dispatch(name, endpoints, policy: LegacyRPCAccessPolicy()) == "private")
    }

    @Test(arguments: LookAlikes.pairs)
    func anExposedMethodDoesNotExposeItsLookAlike(_ open: String, _ closed: String) async {
        let endpoints = [Endpoint(methods: [method(open, "open").exposed(), method(closed, "closed")])]
        #expect(await dispatch(open, endpoints, policy: ExplicitRPCAccessPolicy()) == "open")
        #expect(await dispatch(closed, endpoints, policy: ExplicitRPCAccessPolicy()) == "NoSuchMethod")
    }

    @Test(arguments: LookAlikes.pairs)
    func keywordArguments(_ one: String, _ other: String) async throws {
        let method = RPCMethod("m", Parameter<String>(one)) { _, value in value }
        let fitting = try JSONText("{\(JSONText(string: one).string): \"v\"}")
        let surplus = try JSONText("{\(JSONText(string: other).string): \"v\"}")
        #expect(await dispatch("m", [Endpoint(methods: [method])], arguments: fitting) == "v")
        #expect(await dispatch("m", [Endpoint(methods: [method])], arguments: surplus) == "TypeError")
    }

    @Test func aFrameIsThatOfTheMethodOnly() {
        var error = RemoteError(module: "m", className: "C")
        error.traceback = ["  File \"x\", line 1, in e\u{301}\n"]
        #expect(error.hasFrame(of: "e\u{301}"))
        #expect(!error.hasFrame(of: "\u{e9}"))
    }

    @Test(arguments: ["1.\u{301}0", "1.0.\u{301}"])
    func versionsAreSplitAtBytes(_ version: String) throws {
        let error = #expect(throws: RPCVersionError.self) { try RPCVersion(version) }
        #expect(error?.reason == .notANumber)
    }

    @Test func aVersionIsCutHoweverManyMarksItHas() {
        let text = "1" + String(repeating: "\u{301}", count: 10_000)
        let error = #expect(throws: RPCVersionError.self) { try RPCVersion(text) }
        #expect((error?.description.utf8.count ?? .max) < 200)
    }

    @Test func theSuffixOfAnExceptionRaisedAgainIsFoundBehindAnyCharacter() throws {
        let text = #"{"class": "X\u0600_Remote", "module": "m\u0600_Remote"}"#
        let error = try RemoteError(failure: Array(text.utf8))
        #expect(error.className.utf8.elementsEqual("X\u{600}".utf8) && error.module.utf8.elementsEqual("m\u{600}".utf8))
    }
}
