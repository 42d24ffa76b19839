// swift-tools-version: 6.2
import PackageDescription

let baseSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .treatAllWarnings(as: .error),  // SE-0480
]

/// Every target but the two wrappers of C libraries and the thread primitives: there the compiler shows that no unsafe
/// construct goes unmarked.
let safeSettings = baseSettings + [.strictMemorySafety()]  // SE-0458

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")

/// What reads bytes from outside.
let fuzzed: [Target.Dependency] = [
    "Gateway", "HTTPServer", "Messaging", "AMQP", "RabbitDriver", "RPCGatewayCommand", "Names", "Threads", log,
    "SeededRandom",
]

let package = Package(
    name: "rpc-gateway",
    products: [
        .executable(name: "rpc-gateway", targets: ["RPCGatewayCommand"]),
        .library(name: "Messaging", targets: ["Messaging", "Threads"]),
        .library(name: "RabbitDriver", targets: ["RabbitDriver"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CGnuTLS", providers: [.apt(["libgnutls28-dev"])]),
        .systemLibrary(name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),

        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        .target(name: "Names", swiftSettings: safeSettings),
        .target(
            name: "Threads",
            dependencies: [
                "CLinux", .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: baseSettings
        ),
        .target(name: "Compression", dependencies: ["CZlib", "CBzip2"], swiftSettings: baseSettings),
        .target(
            name: "HTTPServer",
            dependencies: ["CMicrohttpd", "CGnuTLS", "CLinux", "Threads", log],
            swiftSettings: baseSettings,
            // libmicrohttpd reads and writes its sockets, and learns which it can read, through these functions of ours: see
            // docs/decisions/0021, 0024 and 0029. No product that other packages may use holds this target.
            linkerSettings: [
                .unsafeFlags(
                    ["recv", "send", "sendmsg", "epoll_wait"].flatMap { ["-Xlinker", "--export-dynamic-symbol=\($0)"] }
                )
            ]
        ),
        .target(
            name: "AMQP",
            dependencies: [
                "CRabbitMQ", "CLinux", "Threads", "Names", log,
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: baseSettings
        ),
        .target(name: "ConnectionPool", dependencies: ["Threads"], swiftSettings: safeSettings),
        .target(name: "WebFetch", dependencies: ["CCurl"], swiftSettings: baseSettings),
        .target(
            name: "Access",
            dependencies: [
                "Names", "Threads", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"), .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: safeSettings
        ),
        .target(
            name: "Messaging",
            dependencies: [
                "Threads", "Names", log, lifecycle,
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: safeSettings
        ),
        .target(
            name: "RabbitDriver",
            dependencies: [
                "Messaging", "ConnectionPool", "AMQP", "Compression", "Threads", "Names", log,
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: safeSettings
        ),
        .target(
            name: "Gateway",
            dependencies: [
                "HTTPServer", "Messaging", "Access", "Compression", "Threads", "Names", log, metrics,
                .product(name: "DequeModule", package: "swift-collections"),
            ],
            resources: [.embedInCode("OpenAPI/gateway.yaml"), .embedInCode("OpenAPI/gateway.json")],
            swiftSettings: safeSettings
        ),
        .target(
            name: "Observability",
            dependencies: ["CLinux", log, .product(name: "CoreMetrics", package: "swift-metrics"), "Threads"],
            swiftSettings: safeSettings
        ),
        .executableTarget(
            name: "RPCGatewayCommand",
            dependencies: [
                "Gateway", "HTTPServer", "Messaging", "Access", "RabbitDriver", "Observability", "Threads", "Names",
                "WebFetch", log,
                lifecycle,
                metrics,
                signals,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            swiftSettings: safeSettings
        ),

        .executableTarget(
            name: "EchoServer",
            dependencies: ["Messaging", "RabbitDriver", log, lifecycle, signals],
            path: "Examples/EchoServer",
            swiftSettings: safeSettings
        ),

        .executableTarget(
            name: "InteropPeer",
            dependencies: ["Messaging", "RabbitDriver", "Threads", log],
            path: "Tests/Interop/InteropPeer",
            swiftSettings: safeSettings
        ),

        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: safeSettings),
        .testTarget(
            name: "AccessTests",
            dependencies: [
                "Access", "Names", "SeededRandom", "Threads", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ],
            swiftSettings: baseSettings
        ),
        .testTarget(name: "WebFetchTests", dependencies: ["WebFetch"], swiftSettings: baseSettings),
        .testTarget(name: "NamesTests", dependencies: ["Names"], swiftSettings: baseSettings),
        .testTarget(name: "ThreadsTests", dependencies: ["Threads"], swiftSettings: baseSettings),
        .testTarget(name: "CompressionTests", dependencies: ["Compression"], swiftSettings: baseSettings),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "SeededRandom", "Threads", log],
            swiftSettings: baseSettings
        ),
        .testTarget(
            name: "AMQPTests",
            dependencies: ["AMQP", "Names", "SeededRandom", "Threads", log],
            swiftSettings: baseSettings
        ),
        .testTarget(
            name: "ConnectionPoolTests",
            dependencies: ["ConnectionPool", "SeededRandom", "Threads"],
            swiftSettings: baseSettings
        ),
        .testTarget(
            name: "MessagingTests",
            dependencies: ["Messaging", "SeededRandom", "Threads", "Names", log],
            swiftSettings: baseSettings
        ),
        .testTarget(
            name: "RabbitDriverTests",
            dependencies: [
                "RabbitDriver", "SeededRandom", "ConnectionPool", "Messaging", "AMQP", "Compression", "Names",
                "Threads", log,
            ],
            swiftSettings: baseSettings
        ),
        .testTarget(
            name: "DriverTests",
            dependencies: ["Messaging", "RabbitDriver", "AMQP", "Threads", log],
            swiftSettings: baseSettings
        ),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "HTTPServer", "Messaging", "Access", "Compression", "Names", "SeededRandom", "Threads", log,
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: baseSettings
        ),
        .testTarget(
            name: "FuzzTests",
            dependencies: fuzzed,
            path: "Fuzz",
            exclude: ["Corpora", "Driver", "TimingDriver"],
            sources: ["Targets", "Regressions", "Timing"],
            swiftSettings: baseSettings
        ),
        .testTarget(name: "ObservabilityTests", dependencies: ["Observability"], swiftSettings: baseSettings),
        .testTarget(
            name: "RPCGatewayCommandTests",
            dependencies: ["RPCGatewayCommand", "Gateway", "Access", "HTTPServer"],
            swiftSettings: baseSettings
        ),
    ]
)

// `make fuzz` builds the same sources for libFuzzer, which brings a `main` of its own, and `make timing` for a program that
// takes the time of an optimized build; nobody else builds these programs.
if Context.environment["FUZZ"] != nil {
    package.targets.removeAll { $0.type == .test }
    // A program cannot be linked into another one: here the command is a library.
    package.products.removeAll { $0.name == "rpc-gateway" }
    for (index, target) in package.targets.enumerated() where target.name == "RPCGatewayCommand" {
        package.targets[index] = .target(
            name: target.name,
            dependencies: target.dependencies,
            swiftSettings: target.swiftSettings
        )
    }
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: fuzzed,
            path: "Fuzz",
            exclude: ["Corpora", "Regressions", "Timing", "TimingDriver"],
            sources: ["Targets", "Driver"],
            swiftSettings: baseSettings
        )
    )
    package.targets.append(
        .executableTarget(
            name: "Timing",
            dependencies: ["Gateway", "HTTPServer", "Messaging", "AMQP", "RabbitDriver", "Names", "SeededRandom"],
            path: "Fuzz",
            exclude: ["Corpora", "Regressions", "Targets", "Driver"],
            sources: ["Timing", "TimingDriver"],
            swiftSettings: baseSettings
        )
    )
}
