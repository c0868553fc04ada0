#if os(Linux)
    import Arena
    import Hyoshi
    import HyoshiClient
    import HyoshiServer

    import Testing

    /// The client against a whole server in the same process, over real sockets.
    ///
    /// What is waited for comes sooner or later: how fast the machine is decides nothing.
    @Suite(.serialized) struct LoopbackTests {
        private func client(
            _ port: UInt16, name: String = "Zoë", path: String = "/rooms/red"
        ) throws -> HyoshiClient<Arena> {
            try HyoshiClient<Arena>(arena, url: "ws://127.0.0.1:\(port)\(path)", name: name)
        }

        @Test func aPlayerJoinsFliesAndLeaves() async throws {
            let server = try startServer()
            defer { server.stop() }
            let client = try client(server.port)
            let log = EventLog(client.events)
            let seat = try await client.join()
            #expect(seat == .first && client.seat == seat)
            try await eventually { client.view().own(Ship.self) != nil }
            let start = try #require(client.view().own(Ship.self))
            #expect(start.isOwn && start.value.owner == seat)
            var input = Arena.Input()
            input.steer = 1
            client.input(input)
            try await eventually {
                let ship = client.view().own(Ship.self)
                return ship.map { $0.value.x != start.value.x || $0.value.y != start.value.y }
                    ?? false
            }
            let view = client.view()
            #expect(view.seat == seat && view.predictedTick > 0)
            #expect(view.all(Rock.self).count > 0)
            let ship = try #require(view.own(Ship.self))
            let exact = try #require(ship.exact("x"))
            #expect(abs(exact - Double(ship.value.x)) <= 0.5)
            #expect(ship.exact("nothing") == nil)
            try await eventually { client.statistics.roundTrip != nil }
            let statistics = client.statistics
            #expect(statistics.isPlaying && statistics.snapshots > 0 && statistics.commands > 0)
            #expect(statistics.bytesSent > 0 && statistics.bytesReceived > 0)
            #expect(statistics.faultySnapshots == 0)
            try await eventually { client.players.count == 1 }
            #expect(
                client.players == [Player(seat: .first, name: "Zoë", isConnected: true)])
            await client.leave()
            try await eventually { await log.isFinished }
            #expect(await log.ending?.code == .left)
            #expect(await log.contains(.joined(seat: .first, isResumed: false)))
            let error = await #expect(throws: HyoshiClientError.self) {
                try await client.send("too late")
            }
            #expect(error?.code == .left)
        }

        @Test func aShortPressIsAShot() async throws {
            let server = try startServer()
            defer { server.stop() }
            let client = try client(server.port)
            try await client.join()
            try await eventually { client.view().own(Ship.self) != nil }
            // Pressed and let go before any command can have been made of it.
            var press = Arena.Input()
            press.fire = 1
            client.input(press)
            client.input(Arena.Input())
            try await eventually { client.view().own(Shot.self) != nil }
            await client.leave()
        }

        @Test func messagesAreTakenAndArriveOnce() async throws {
            let server = try startServer()
            defer { server.stop() }
            let zoë = try client(server.port, name: "Zoë")
            let eve = try client(server.port, name: "Eve")
            let log = EventLog(eve.events)
            try await zoë.join()
            let seat = try #require(try await eve.join())
            try await zoë.send("to all")
            try await zoë.send(bytes: [0xDE, 0xAD], to: seat)
            #expect(zoë.statistics.messagesWaiting == 0)
            try await eventually { await log.messages.count >= 2 }
            #expect(
                await log.messages == [
                    ReceivedMessage(sender: .first, isPrivate: false, payload: .text("to all")),
                    ReceivedMessage(
                        sender: .first, isPrivate: true, payload: .bytes([0xDE, 0xAD])),
                ])
            let tooLong = await #expect(throws: HyoshiClientError.self) {
                try await zoë.send(bytes: [UInt8](repeating: 1, count: 513))
            }
            #expect(tooLong?.code == .messageTooLong)
            await zoë.leave()
            await eve.leave()
        }

        @Test func aLostConnectionResumesTheSeatAndDeliversWhatWaited() async throws {
            let server = try startServer()
            defer { server.stop() }
            let way = try CuttableWay(to: server.port)
            defer { way.stop() }
            let client = try client(way.port)
            let log = EventLog(client.events)
            let seat = try await client.join()
            try await eventually { client.view().own(Ship.self) != nil }
            way.cut()
            try await eventually { await log.disconnections == 1 }
            // Sent without a connection: it goes out once the seat is resumed.
            try await client.send("still here", within: .seconds(60))
            // The log is told by a task of its own.
            try await eventually { await log.contains(.joined(seat: seat, isResumed: true)) }
            #expect(client.seat == seat && client.statistics.resumptions == 1)
            try await eventually { client.view().own(Ship.self) != nil }
            try await eventually { await log.messages.count == 1 }
            // And a second time, with the next token.
            way.cut()
            try await eventually { client.statistics.resumptions == 2 }
            #expect(client.statistics.reconnections == 2)
            await client.leave()
        }

        @Test func aServerThatComesBackKnowsNoSeat() async throws {
            let first = try startServer()
            let port = first.port
            let client = try client(port)
            let log = EventLog(client.events)
            try await client.join()
            first.stop()
            try await eventually { await log.disconnections >= 1 }
            #expect(!client.statistics.isPlaying)
            let second = try startServer(port: port)
            defer { second.stop() }
            let error = await #expect(throws: HyoshiClientError.self) {
                try await client.send("for the old room", within: .seconds(60))
            }
            #expect(error?.code == .seatLost)
            try await eventually { client.statistics.isPlaying }
            try await eventually { await log.all.count { $0.isJoining } == 2 }
            #expect(await log.all.last { $0.isJoining } == .joined(seat: .first, isResumed: false))
            try await client.send("for the new room")
            await client.leave()
        }

        @Test func aKickIsTheEnd() async throws {
            let server = try startServer()
            defer { server.stop() }
            let client = try client(server.port)
            let log = EventLog(client.events)
            let seat = try #require(try await client.join())
            server.kick(room: "red", seat: seat)
            try await eventually { await log.isFinished }
            let ending = await log.ending
            #expect(ending?.code == .closed && ending?.closeCode == 4403)
            await client.leave()
        }

        @Test func anotherGameOrARefusalIsAnError() async throws {
            let server = try startServer()
            defer { server.stop() }
            let other = try HyoshiClient<Dots>(
                Game(Dots.self), url: "ws://127.0.0.1:\(server.port)/rooms/red?game=arena")
            let mismatch = await #expect(throws: HyoshiClientError.self) {
                try await other.join()
            }
            #expect(mismatch?.code == .otherGame)
            let chess = try client(server.port, path: "/rooms/red?game=chess")
            let refusal = await #expect(throws: HyoshiClientError.self) {
                try await chess.join()
            }
            #expect(refusal?.code == .refused)
            #expect(refusal?.message == "the server answered 404")
        }

        @Test func aSpectatorSeesAndCannotSpeak() async throws {
            let server = try startServer()
            defer { server.stop() }
            let player = try client(server.port)
            try await player.join()
            let watcher = try HyoshiClient<Arena>(
                arena, url: "ws://localhost:\(server.port)/rooms/red", spectates: true)
            let seat = try await watcher.join()
            #expect(seat == nil)
            try await eventually { watcher.view().all(Ship.self).count == 1 }
            #expect(watcher.view().own(Ship.self) == nil)
            let error = await #expect(throws: HyoshiClientError.self) {
                try await watcher.send("hello")
            }
            #expect(error?.code == .notJoined)
            await watcher.leave()
            await player.leave()
        }

        @Test func nobodyThereIsAnErrorInTime() async throws {
            let server = try startServer()
            let port = server.port
            server.stop()
            let client = try client(port)
            let error = await #expect(throws: HyoshiClientError.self) {
                try await client.join(within: .milliseconds(50))
            }
            #expect(error?.code == .notReached)
            let log = EventLog(client.events)
            try await eventually { await log.isFinished }
        }

        @Test func anOverloadedServerIsAskedAgain() async throws {
            let server = try RefusingServer(status: 503)
            defer { server.stop() }
            let client = try client(server.port)
            let log = EventLog(client.events)
            client.start()
            try await eventually { server.refusals >= 2 }
            try await eventually { await log.disconnections >= 1 }
            guard case .disconnected(let error, let wait)? = await log.all.first else {
                Issue.record("not told")
                return
            }
            #expect(error.code == .refused && wait <= .seconds(1) && wait >= .milliseconds(400))
            await client.leave()
        }

        @Test func joiningCanBeCancelled() async throws {
            let server = try startServer()
            let port = server.port
            server.stop()
            let client = try client(port)
            let task = Task { try await client.join(within: .seconds(3_600)) }
            try await Task.sleep(for: .milliseconds(5))
            task.cancel()
            let result = await task.result
            #expect(throws: HyoshiClientError.self) { try result.get() }
            await client.leave()
        }

        @Test func aClientThatIsLetGoFreesItsSeat() async throws {
            let server = try startServer()
            defer { server.stop() }
            let witness = try client(server.port, name: "Eve")
            try await witness.join()
            do {
                let client = try client(server.port)
                try await client.join()
                try await eventually { witness.players.count == 2 }
            }
            try await eventually { witness.players.count == 1 }
            await witness.leave()
        }
    }

    extension ClientEvent {
        var isJoining: Bool {
            if case .joined = self { true } else { false }
        }
    }
#endif
