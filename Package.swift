// swift-tools-version: 6.2
import PackageDescription

/// What every target is built with: Swift 6 mode, strict imports, and no warning left standing.
let everySetting: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// Pure layers parse hostile bytes: there each unsafe expression is also marked `unsafe`.
let pureSettings: [SwiftSetting] = everySetting + [.strictMemorySafety()]

let package = Package(
    name: "hyoshi",
    platforms: [.macOS(.v26), .iOS(.v26)],
    products: [
        .library(name: "Hyoshi", targets: ["Hyoshi"]),
        .library(name: "HyoshiBots", targets: ["HyoshiBots"]),
        .library(name: "HyoshiClient", targets: ["HyoshiClient"]),
        .library(name: "HyoshiProgram", targets: ["HyoshiProgram"]),
        .library(name: "HyoshiReplay", targets: ["HyoshiReplay"]),
        .library(name: "HyoshiServer", targets: ["HyoshiServer"]),
        .executable(name: "hyoshi", targets: ["HyoshiCommand"]),
        .executable(name: "Simulator", targets: ["Simulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    ],
    targets: [
        // C: system libraries and shims. No logic, no policy.
        .systemLibrary(
            name: "CMsgpack", pkgConfig: "msgpack", providers: [.apt(["libmsgpack-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CMessagePack", dependencies: ["CMsgpack"]),
        .target(name: "CDeflate", dependencies: ["CZlib"]),
        .target(name: "CLinux"),
        .target(name: "CWebPage"),
        .target(name: "CWebRuntime"),

        // Pure: bytes and time in, events and effects out.
        .target(name: "TransportInterface", swiftSettings: pureSettings),
        .target(name: "MessagePack", dependencies: ["CMessagePack"], swiftSettings: pureSettings),
        .target(
            name: "WebSocketProtocol", dependencies: ["CDeflate", "TransportInterface"],
            swiftSettings: pureSettings),
        .target(name: "Hyoshi", swiftSettings: pureSettings),
        .target(
            name: "NetworkModel", dependencies: ["Hyoshi", "TransportInterface"],
            swiftSettings: pureSettings),
        .target(
            name: "Replication", dependencies: ["Hyoshi", "MessagePack"],
            swiftSettings: pureSettings),
        .target(
            name: "GameProtocol", dependencies: ["Hyoshi", "MessagePack", "Replication"],
            swiftSettings: pureSettings),
        .target(
            name: "RoomCore",
            dependencies: ["Hyoshi", "Replication", "TransportInterface"],
            swiftSettings: pureSettings),
        .target(
            name: "Recording", dependencies: ["CDeflate", "Hyoshi", "Replication", "RoomCore"],
            swiftSettings: pureSettings),
        .target(
            name: "ServerCore",
            dependencies: [
                "Hyoshi", "MessagePack", "Replication", "GameProtocol", "RoomCore",
                "TransportInterface", "WebSocketProtocol",
            ],
            swiftSettings: pureSettings),
        .target(
            name: "ClientCore",
            dependencies: [
                "Hyoshi", "MessagePack", "Replication", "GameProtocol", "TransportInterface",
            ],
            swiftSettings: pureSettings),
        .target(
            name: "ClientSession",
            dependencies: [
                "ClientCore", "GameProtocol", "Hyoshi", "Replication", "TransportInterface",
                "WebSocketProtocol",
            ],
            swiftSettings: pureSettings),
        .target(
            name: "WebCore",
            dependencies: [
                "ClientCore", "GameProtocol", "Hyoshi", "MessagePack", "Recording", "Replication",
                "TransportInterface",
            ],
            swiftSettings: pureSettings),

        // The outside world.
        .target(
            name: "NetworkTransport", dependencies: ["CLinux", "TransportInterface"],
            swiftSettings: everySetting),
        .target(
            name: "HyoshiServer",
            dependencies: [
                "CDeflate", "CWebPage", "GameProtocol", "Hyoshi", "NetworkTransport", "Recording",
                "RoomCore",
                "ServerCore",
                "TransportInterface", "WebSocketProtocol",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: everySetting),
        .target(
            name: "HyoshiClient",
            dependencies: [
                "ClientCore", "ClientSession", "GameProtocol", "Hyoshi", "Replication",
                "TransportInterface", "WebSocketProtocol",
            ],
            swiftSettings: everySetting),

        .target(
            name: "HyoshiReplay",
            dependencies: ["GameProtocol", "Hyoshi", "Recording", "Replication"],
            swiftSettings: everySetting),
        .target(
            name: "HyoshiProgram",
            dependencies: [
                "Hyoshi", "HyoshiBots", "HyoshiReplay", "HyoshiServer", "NetworkTransport",
                "TransportInterface",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: everySetting),

        // Games and programs.
        .target(
            name: "Arena", dependencies: ["Hyoshi"], path: "Games/Arena",
            swiftSettings: everySetting),
        .target(
            name: "Tag", dependencies: ["Hyoshi"], path: "Games/Tag", swiftSettings: everySetting),
        .target(
            name: "Torture", dependencies: ["Hyoshi"], path: "Games/Torture",
            swiftSettings: everySetting),
        .executableTarget(
            name: "HyoshiCommand",
            dependencies: [
                "Arena", "CLinux", "Hyoshi", "HyoshiProgram", "HyoshiServer", "NetworkModel",
                "NetworkTransport", "Tag", "TransportInterface", "WebSocketProtocol",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: everySetting),
        .target(
            name: "SimulatorKit",
            dependencies: [
                "ClientCore", "ClientSession", "GameProtocol", "Hyoshi", "NetworkModel",
                "Recording", "Replication", "RoomCore", "ServerCore",
                "TransportInterface", "WebSocketProtocol",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            path: "Simulator/SimulatorKit",
            swiftSettings: everySetting),
        .target(
            name: "HyoshiBots",
            dependencies: [
                "CLinux", "Hyoshi", "NetworkModel", "NetworkTransport", "Recording", "SimulatorKit",
                "TransportInterface",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: everySetting),
        .target(
            name: "ArenaBots", dependencies: ["Arena", "Hyoshi"], path: "Games/ArenaBots",
            swiftSettings: everySetting),
        .executableTarget(
            name: "Simulator",
            dependencies: ["Arena", "ArenaBots", "Hyoshi", "HyoshiBots", "Tag"],
            path: "Simulator/Simulator",
            swiftSettings: everySetting),

        .target(
            name: "FaultRuns",
            dependencies: [
                "Arena", "ArenaBots", "ClientCore", "ClientSession", "GameProtocol", "Hyoshi",
                "MessagePack", "NetworkModel", "Recording", "Replication", "RoomCore", "ServerCore",
                "SimulatorKit", "Tag", "TransportInterface", "WebSocketProtocol",
            ],
            path: "Simulator/FaultRuns",
            exclude: ["RegressionSeeds.txt"],
            swiftSettings: everySetting),
        .executableTarget(
            name: "Soak",
            dependencies: [
                "FaultRuns", "SimulatorKit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Simulator/Soak",
            swiftSettings: everySetting),

        // Benchmarks in virtual time.
        .executableTarget(
            name: "NetcodeBenchmark",
            dependencies: [
                "Arena", "ArenaBots", "ClientCore", "ClientSession", "GameProtocol", "Hyoshi",
                "MessagePack", "NetworkModel", "Recording", "Replication", "RoomCore", "ServerCore",
                "SimulatorKit", "TransportInterface", "WebSocketProtocol",
            ],
            path: "Benchmarks/netcode",
            swiftSettings: everySetting),

        // Tests, one target for each layer.
        .testTarget(
            name: "MessagePackTests", dependencies: ["CMessagePack", "MessagePack"],
            exclude: ["Fixtures"],
            swiftSettings: everySetting),
        .testTarget(
            name: "WebSocketProtocolTests",
            dependencies: ["TransportInterface", "WebSocketProtocol"],
            exclude: ["Fixtures"],
            swiftSettings: everySetting),
        .testTarget(name: "HyoshiTests", dependencies: ["Hyoshi"], swiftSettings: everySetting),
        .testTarget(
            name: "ReplicationTests", dependencies: ["Hyoshi", "MessagePack", "Replication"],
            swiftSettings: everySetting),
        .testTarget(
            name: "GameProtocolTests",
            dependencies: ["GameProtocol", "Hyoshi", "MessagePack", "Replication"],
            exclude: ["Fixtures"],
            swiftSettings: everySetting),
        .testTarget(
            name: "RoomCoreTests",
            dependencies: ["Hyoshi", "Replication", "RoomCore", "TransportInterface"],
            swiftSettings: everySetting),
        .testTarget(
            name: "RecordingTests",
            dependencies: [
                "Arena", "CDeflate", "Hyoshi", "Recording", "Replication", "RoomCore",
                "TransportInterface",
            ],
            exclude: ["Fixtures"],
            swiftSettings: everySetting),
        .testTarget(
            name: "HyoshiReplayTests",
            dependencies: [
                "GameProtocol", "Hyoshi", "HyoshiReplay", "Recording", "RoomCore",
                "TransportInterface",
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "ServerCoreTests",
            dependencies: [
                "Arena", "ClientCore", "GameProtocol", "Hyoshi", "MessagePack", "Replication",
                "RoomCore", "ServerCore", "TransportInterface", "WebSocketProtocol",
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "ClientCoreTests",
            dependencies: [
                "Arena", "ClientCore", "GameProtocol", "Hyoshi", "MessagePack", "Replication",
                "RoomCore", "TransportInterface",
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "ClientSessionTests",
            dependencies: [
                "ClientCore", "ClientSession", "GameProtocol", "Hyoshi", "MessagePack",
                "Replication", "TransportInterface", "WebSocketProtocol",
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "WebCoreTests",
            dependencies: [
                "Arena", "CDeflate", "CWebRuntime", "ClientCore", "GameProtocol", "Hyoshi",
                "Recording", "Replication", "Tag", "TransportInterface", "WebCore",
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "NetworkTransportTests",
            dependencies: ["CLinux", "NetworkTransport", "TransportInterface"],
            swiftSettings: everySetting),
        .testTarget(
            name: "HyoshiServerTests",
            dependencies: [
                "Arena", "CDeflate", "Hyoshi", "HyoshiServer", "NetworkTransport", "Recording",
                "RoomCore", "ServerCore", "Tag", "TransportInterface",
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "HyoshiClientTests",
            dependencies: [
                "Arena", "Hyoshi", "HyoshiClient", "HyoshiServer",
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "HyoshiCommandTests",
            dependencies: [
                "CLinux", "Hyoshi", "HyoshiCommand", "HyoshiProgram", "NetworkModel",
                "NetworkTransport", "TransportInterface", "WebSocketProtocol",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "ArenaTests", dependencies: ["Arena", "Hyoshi"], swiftSettings: everySetting),
        .testTarget(
            name: "TagTests", dependencies: ["Hyoshi", "Tag"], swiftSettings: everySetting),
        .testTarget(
            name: "SimulatorTests",
            dependencies: [
                "Arena", "ArenaBots", "ClientCore", "GameProtocol", "Hyoshi", "HyoshiBots",
                "HyoshiServer", "NetworkModel", "Recording", "Replication", "RoomCore",
                "ServerCore", "SimulatorKit", "Tag", "TransportInterface", "WebSocketProtocol",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "FaultRunsTests",
            dependencies: [
                "Arena", "ClientCore", "ClientSession", "FaultRuns", "GameProtocol", "Hyoshi",
                "NetworkModel", "Recording", "Replication", "RoomCore", "ServerCore",
                "SimulatorKit", "Tag", "TransportInterface", "WebSocketProtocol",
            ],
            swiftSettings: everySetting),
        .testTarget(
            name: "NetcodeBenchmarkTests",
            dependencies: ["Arena", "Hyoshi", "NetcodeBenchmark", "NetworkModel", "SimulatorKit"],
            swiftSettings: everySetting),
        .testTarget(name: "ArchitectureTests", swiftSettings: everySetting),

        // What fuzzers feed and tests replay; Fuzz/build.sh makes the fuzzer's program.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Arena", "CDeflate", "GameProtocol", "Hyoshi", "MessagePack", "Recording",
                "Replication", "RoomCore", "ServerCore", "TransportInterface",
                "WebSocketProtocol",
            ],
            path: "Fuzz/Targets",
            swiftSettings: everySetting),
        .testTarget(
            name: "FuzzReplayTests", dependencies: ["FuzzTargets"], swiftSettings: everySetting),

        // The proof of sameness: plays the logs that web modules play too.
        .executableTarget(
            name: "SamenessProbe", dependencies: ["Arena", "Hyoshi", "Torture"],
            path: "Tests/Sameness/SamenessProbe",
            swiftSettings: everySetting),

        // Allocation budgets: a program of its own, whose allocator counts.
        .target(name: "CAllocationCounter", path: "Tests/AllocationTests/CAllocationCounter"),
        .executableTarget(
            name: "AllocationProbe",
            dependencies: [
                "Arena", "CAllocationCounter", "GameProtocol", "Hyoshi", "RoomCore", "ServerCore",
                "TransportInterface", "WebSocketProtocol",
            ],
            path: "Tests/AllocationTests/AllocationProbe",
            swiftSettings: everySetting),
    ]
)
