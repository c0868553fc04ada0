#if os(Linux)
    import Arena
    import ArenaBots
    import HyoshiServer
    import SimulatorKit
    import Testing

    @testable import HyoshiBots

    /// The whole program against a whole server, over real sockets of this machine.
    ///
    /// What is checked does not depend on how fast the machine is.
    @Suite(.serialized) struct RealSocketTests {
        private static func settings(port: UInt16) throws -> BotSettings {
            var settings = BotSettings(
                server: try ServerURL("ws://127.0.0.1:\(port)", scheme: "ws", defaultPort: 1))
            settings.rooms = 2
            settings.botsPerRoom = 3
            settings.choices = [.fitting(ArenaPolicies.all)]
            return settings
        }

        @Test func aRunEndsInAReportWithTheServersOwnBeat() throws {
            var configuration = ServerConfiguration(games: [arena])
            configuration.host = "127.0.0.1"
            configuration.port = 0
            configuration.adminPort = 0
            let server = try HyoshiServer.start(configuration)
            defer { server.stop() }
            let adminPort = try #require(server.adminPort)
            var settings = try Self.settings(port: server.port)
            settings.latencyNanoseconds = 20_000_000
            let run = BotRun(
                settings: settings, threads: 2, seconds: 0.5,
                admin: try ServerURL(
                    "http://127.0.0.1:\(adminPort)", scheme: "http", defaultPort: 1))
            var report = try run.run()
            // On a machine that is busy elsewhere none may come within half a second.
            for _ in 0..<60 where report.measurements.snapshots == 0 { report = try run.run() }
            #expect(report.joined == 6 && report.connected == 6)
            #expect(report.tickRate == 60)
            #expect(report.measurements.snapshots > 0)
            #expect(report.measurements.undecodable == 0)
            #expect(report.measurements.closes == 0)
            let beat = try #require(report.beat)
            #expect(beat.latenessMax >= beat.latenessP99)
            #expect(beat.latenessP99 >= beat.latenessP50)
            #expect(report.values[.latenessP99] == beat.latenessP99)
            let met = try Requirement("joined=6")
            #expect(met.failure(in: report.values) == nil)
        }

        @Test func nobodyListeningIsAnErrorThatSaysSo() throws {
            // A port of this machine's that was free a moment ago.
            let server = try HyoshiServer.start(
                {
                    var configuration = ServerConfiguration(games: [arena])
                    configuration.host = "127.0.0.1"
                    configuration.port = 0
                    configuration.adminPort = nil
                    return configuration
                }())
            let port = server.port
            server.stop()
            let run = BotRun(
                settings: try Self.settings(port: port), threads: 1, seconds: 1, admin: nil)
            let error = #expect(throws: RunError.self) { try run.run() }
            let description = try #require(error).description
            #expect(description.contains("could not connect to ws://127.0.0.1:\(port)"))
            #expect(description.contains("make run"))
        }

        @Test func aRefusalIsToldApartFromSilence() throws {
            var configuration = ServerConfiguration(games: [arena])
            configuration.host = "127.0.0.1"
            configuration.port = 0
            configuration.adminPort = nil
            let server = try HyoshiServer.start(configuration)
            defer { server.stop() }
            var settings = try Self.settings(port: server.port)
            settings.game = "chess"
            let run = BotRun(settings: settings, threads: 1, seconds: 1, admin: nil)
            let error = #expect(throws: RunError.self) { try run.run() }
            #expect(try #require(error).description.contains("the server answered 404"))
        }
    }
#endif
