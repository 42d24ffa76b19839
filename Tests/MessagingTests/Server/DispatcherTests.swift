// Part of the rpc-gateway project, under Apache License v2.0; see LICENSE for the full text
// SPDX-License-Identifier: Apache-2.0

import Messaging
import Testing

struct DispatcherTests {
    private func dispatch(
        _ method: String,
        _ arguments: String = "{}",
        namespace: String? = nil,
        version: String? = nil,
        endpoints: [any RPCEndpoint] = [Calculator()],
        policy: any RPCAccessPolicy = DefaultRPCAccessPolicy()
    ) async throws -> Result<String, DispatchFailure> {
        let request = IncomingRequest(
            method: JSONText(string: method),
            arguments: try JSONText(arguments),
            namespace: namespace.map { JSONText(string: $0) },
            version: try version.map { try JSONText($0) }
        )
        return await run(request, endpoints, policy)
    }

    private func run(
        _ request: IncomingRequest,
        _ endpoints: [any RPCEndpoint] = [Calculator()],
        _ policy: any RPCAccessPolicy = DefaultRPCAccessPolicy()
    ) async -> Result<String, DispatchFailure> {
        do throws(DispatchFailure) {
            return .success(
                try await RPCDispatcher(endpoints: endpoints, accessPolicy: policy).dispatch(request).string
            )
        } catch {
            return .failure(error)
        }
    }

    private func failure(_ result: Result<String, DispatchFailure>) -> String {
        switch result {
        case .success(let value): "success \(value)"
        case .failure(let failure): "\(failure.remote)"
        }
    }

    @Test(arguments: [
        ("add", #"{"a": 1, "b": 2}"#, "3"), ("divide", #"{"a": 8}"#, "4"), ("divide", #"{"a": 9, "by": 3}"#, "3"),
        ("mirror", #"{"point": {"x": 1, "y": 2}}"#, #"{"x":2,"y":1}"#), ("nothing", "{}", "null"),
        ("raw", #"{"n": 12345678901234567890, "x": 1.0}"#, #"{"n": 12345678901234567890, "x": 1.0}"#),
        ("raw", #"{"\ud800": 1, "x": 2}"#, #"{"\ud800": 1, "x": 2}"#), ("add", #"{"\u0061": 1, "b": 2}"#, "3"),
    ])
    func resultsOfTypedMethods(method: String, arguments: String, expected: String) async throws {
        let result = try await dispatch(method, arguments).get()
        // Coders do not promise an order of keys.
        #expect(result == expected || result == #"{"y":1,"x":2}"#)
    }

    @Test(arguments: [
        ("add", #"{"a": 1}"#, "builtins.TypeError: Calculator.add() missing 1 required positional argument: 'b'"),
        ("add", "{}", "builtins.TypeError: Calculator.add() missing 2 required positional arguments: 'a' and 'b'"),
        (
            "three", "{}",
            "builtins.TypeError: Calculator.three() missing 3 required positional arguments: 'a', 'b', and 'c'"
        ),
        (
            "add", #"{"a": 1, "b": 2, "zz": 3}"#,
            "builtins.TypeError: Calculator.add() got an unexpected keyword argument 'zz'"
        ),
        (
            "add", #"{"a": 1, "\ud800": 3, "b": 2}"#,
            #"builtins.TypeError: Calculator.add() got an unexpected keyword argument '\ud800'"#
        ),
        ("add", #"{"a": 1, "b": "x"}"#, "builtins.TypeError: Calculator.add() argument 'b' must be int, not str"),
        ("add", #"{"a": null, "b": 1}"#, "builtins.TypeError: Calculator.add() argument 'a' must be int, not NoneType"),
        ("add", #"{"a": 1, "b": 1e99}"#, "builtins.TypeError: Calculator.add() argument 'b' must be int, not float"),
        (
            "nosuch", "{}",
            "oslo_messaging.rpc.dispatcher.NoSuchMethod: Endpoint does not support RPC method nosuch"
        ),
        (
            "_private", "{}",
            "oslo_messaging.rpc.dispatcher.NoSuchMethod: Endpoint does not support RPC method _private"
        ),
        ("broken", "{}", "ServerTests.Calculator.Broken: broken"),
        ("missing", "{}", "nova.exception.InstanceNotFound: Instance 42 could not be found."),
        ("remote", "{}", "builtins.KeyError: 'k'"),
        ("late", "{}", "oslo_messaging.exceptions.MessagingTimeout: Timed out"),
    ])
    func failuresAsPythonNamesThem(method: String, arguments: String, expected: String) async throws {
        let module = String(reflecting: Calculator.self).split(separator: ".")[0]
        let text = expected.replacing("ServerTests.", with: "\(module).")
        #expect(failure(try await dispatch(method, arguments)) == text)
    }

    @Test(arguments: [
        (
            "null",
            "oslo_messaging.rpc.dispatcher.UnsupportedVersion: Endpoint does not support RPC version None. Attempted method: add"
        ),
        (
            "\"9.0\"",
            "oslo_messaging.rpc.dispatcher.UnsupportedVersion: Endpoint does not support RPC version 9.0. Attempted method: add"
        ),
        ("\"1\"", "builtins.IndexError: list index out of range"),
        ("1.0", "builtins.AttributeError: 'float' object has no attribute 'split'"),
        ("\"x.y\"", "builtins.ValueError: invalid literal for int() with base 10: 'x'"),
    ])
    func oddVersions(version: String, expected: String) async throws {
        #expect(failure(try await dispatch("add", #"{"a": 1, "b": 2}"#, version: version)) == expected)
    }

    @Test func oddRequests() async throws {
        let noMethod = IncomingRequest(method: nil)
        #expect(
            failure(await run(noMethod)) == "builtins.TypeError: attribute name must be string, not 'NoneType'"
        )
        let number = IncomingRequest(method: try JSONText("5"))
        #expect(failure(await run(number)) == "builtins.TypeError: attribute name must be string, not 'int'")
        let null = IncomingRequest(method: JSONText(string: "add"), arguments: .null)
        #expect(
            failure(await run(null)) == "builtins.AttributeError: 'NoneType' object has no attribute 'items'"
        )
    }

    @Test func namespacesAndLegacyNamespaces() async throws {
        let endpoint = Calculator(target: Target(namespace: "math", version: "1.5", legacyNamespaces: ["old"]))
        let arguments = #"{"a": 1, "b": 2}"#
        for namespace in ["math", "old"] {
            let result = try await dispatch(
                "add",
                arguments,
                namespace: namespace,
                version: "\"1.5\"",
                endpoints: [endpoint]
            )
            #expect(try result.get() == "3")
        }
        for namespace in [nil, "other", ""] {
            let result = try await dispatch("add", arguments, namespace: namespace, endpoints: [endpoint])
            #expect(failure(result).contains("UnsupportedVersion"))
        }
    }

    @Test func theFirstEndpointThatHasTheMethodIsCalled() async throws {
        struct Other: RPCEndpoint {
            var methods: [RPCMethod] {
                RPCMethod("add", "a", "b") { (_, a: Int, b: Int) in a * b }
                RPCMethod("only") { _ in "here" }
            }
        }
        let endpoints: [any RPCEndpoint] = [Calculator(), Other()]
        #expect(try await dispatch("add", #"{"a": 3, "b": 4}"#, endpoints: endpoints).get() == "7")
        #expect(try await dispatch("only", endpoints: endpoints).get() == #""here""#)
    }

    @Test func policies() async throws {
        let legacy = try await dispatch("_private", policy: LegacyRPCAccessPolicy())
        #expect(try legacy.get() == "1")
        let explicit = ExplicitRPCAccessPolicy()
        #expect(try await dispatch("shown", policy: explicit).get() == "1")
        #expect(failure(try await dispatch("nothing", policy: explicit)).contains("NoSuchMethod"))
    }

    @Test func expectedErrorsAreToldFromDefects() async throws {
        guard case .failure(let defect) = try await dispatch("broken"),
            case .failure(let expected) = try await dispatch("expected")
        else {
            Issue.record("both fail")
            return
        }
        #expect(defect.cause == .defect)
        #expect(expected.cause == .expected)
        #expect(defect.remote.message == expected.remote.message)
    }

    @Test func aResultThatIsNoJSONIsAFailure() async throws {
        #expect(failure(try await dispatch("infinite")).hasPrefix("builtins.ValueError: The result cannot be sent"))
    }

    @Test func tracebacksNameTheMethodThatRan() async throws {
        guard case .failure(let ran) = try await dispatch("remote"),
            case .failure(let refused) = try await dispatch("add")
        else {
            Issue.record("both fail")
            return
        }
        #expect(ran.remote.traceback.contains { $0.hasSuffix(", in remote\n") })
        #expect(ran.remote.traceback.last == "KeyError: 'k'\n")
        #expect(!refused.remote.traceback.contains { $0.contains(", in ") })
    }
}
