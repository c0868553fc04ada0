import ClientCore
import GameProtocol
import Hyoshi
import Replication
import Testing
import TransportInterface

@Suite struct ClientRoomTests {
    @Test func joinsAndPlays() throws {
        var script = try RoomScript()
        var room = ClientRoom(name: "Ada")
        var bytes: [UInt8] = []
        room.writeHello(into: &bytes)
        guard case .hello(let hello) = try decoded(bytes).0 else {
            Issue.record("no hello")
            return
        }
        #expect(hello.name(in: bytes.span) == "Ada")
        #expect(hello.role == .play && hello.token == nil)

        let welcomed = try room.received(script.welcome().span, now: script.now)
        #expect(welcomed == .welcomed(isResumed: false))
        #expect(room.seat == .first)
        #expect(room.canResume == true)
        #expect(room.view(at: script.now) == nil)

        script.passTime(milliseconds: 17)
        let first = script.snapshot(100)
        let outcome = try room.received(first.span, now: script.now)
        let plain = ServerSnapshot(
            sequence: nil, margin: nil, tick: Tick(100), baselineDistance: 0)
        #expect(outcome == .snapshot(plain))
        let shown = room.view(at: script.now)
        let view = try #require(shown)
        #expect(view.tick == Tick(100) && view.seat == .first)
        #expect(view.commandTick > Tick(100) && view.commandTick <= Tick(104))
        let x = try #require(script.schema.field("x", of: "ball"))
        #expect(view.value(x, row: 0) == 100 && view.value(x, row: 1) == -7)

        bytes = []
        let isWritten = room.writeCommand([1, 0], now: script.now, into: &bytes)
        #expect(isWritten)
        let (message, values) = try decoded(bytes)
        guard case .input(let input) = message else {
            Issue.record("no input")
            return
        }
        #expect(input.sequence == 1 && input.acknowledged == Tick(100))
        #expect(input.tick == view.commandTick && input.commandCount == 1)
        #expect(values == [1, 0])
        let again = room.writeCommand([1, 1], now: script.now, into: &bytes)
        #expect(!again)
    }

    @Test func deltasAreDecodedAgainstAcknowledgedSnapshots() throws {
        var script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        _ = try room.received(script.snapshot(100).span, now: script.now)
        for tick in UInt32(101)...130 {
            script.passTime(milliseconds: 17)
            let message = script.snapshot(tick, baseline: 100)
            let outcome = try room.received(message.span, now: script.now)
            guard case .snapshot(let snapshot) = outcome else {
                Issue.record("not decoded: \(outcome)")
                return
            }
            #expect(snapshot.baselineDistance == Int(tick) - 100)
            #expect(room.table?.kinds[0].values == script.table(tick).kinds[0].values)
        }
    }

    @Test func asksForAFullSnapshotWhereTheBaselineIsGone() throws {
        var script = try RoomScript()
        var room = ClientRoom(historySlots: 4)
        _ = try room.received(script.welcome().span, now: script.now)
        for tick in UInt32(100)...110 {
            _ = try room.received(script.snapshot(tick).span, now: script.now)
        }
        let delta = script.snapshot(111, baseline: 101)
        #expect(try room.received(delta.span, now: script.now) == .undecodable)
        #expect(room.isAcknowledgementDue == true)
        var bytes: [UInt8] = []
        room.writeAcknowledgement(into: &bytes)
        let wanted = ClientAcknowledgement(snapshot: .zero, eventID: 0)
        #expect(try decoded(bytes).0 == .acknowledge(wanted))
        // Until the server has heard of it more of these come: not each of them is told.
        var told = 0
        for tick in UInt32(112)...127 {
            let delta = script.snapshot(tick, baseline: 101)
            #expect(try room.received(delta.span, now: script.now) == .undecodable)
            guard room.isAcknowledgementDue else { continue }
            room.writeAcknowledgement(into: &bytes)
            told += 1
        }
        #expect(told == 2)
        _ = try room.received(script.snapshot(128).span, now: script.now)
        #expect(room.newestSnapshot == Tick(128))
    }

    /// A server that hears nothing is told of little; of a baseline that is gone it is told at once.
    @Test func asksAtOnceAlsoWhereTheServerHearsNothing() throws {
        var script = try RoomScript()
        var room = ClientRoom(historySlots: 4)
        _ = try room.received(script.welcome().span, now: script.now)
        var bytes: [UInt8] = []
        for tick in UInt32(100)..<300 {
            let now = script.now.advanced(byNanoseconds: UInt64(tick - 100) * 16_666_667)
            _ = try room.received(script.snapshot(tick).span, now: now)
            _ = room.writeCommand([1, 0], now: now, into: &bytes)
        }
        #expect(room.commands.isUnanswered == true)
        room.writeAcknowledgement(into: &bytes)
        let delta = script.snapshot(300, baseline: 290)
        #expect(try room.received(delta.span, now: script.now) == .undecodable)
        #expect(room.isAcknowledgementDue == true)
    }

    @Test func asksForAFullSnapshotWhereADeltaDoesNotFitItsBaseline() throws {
        var script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        _ = try room.received(script.snapshot(100).span, now: script.now)
        // Against tick 100, entity 127 of kind 0 is removed, which is not there: what is kept here
        // may be damaged, and a full snapshot heals it.
        let delta: [UInt8] = [0x96, 0x01, 0xC0, 0xC0, 0x65, 0x01, 0x93, 0x00, 0x91, 0x7F, 0x90]
        #expect(try room.received(delta.span, now: script.now) == .undecodable)
        #expect(room.isAcknowledgementDue == true)
        #expect(room.newestSnapshot == .zero)
        let next = script.snapshot(102, baseline: 100)
        guard case .snapshot = try room.received(next.span, now: script.now) else {
            Issue.record("the next delta is not decoded")
            return
        }
        #expect(room.table?.kinds[0].values == script.table(102).kinds[0].values)
        // A full one has no baseline that could be at fault.
        let full: [UInt8] = [0x96, 0x01, 0xC0, 0xC0, 0x67, 0x00, 0x9F]
        #expect(throws: ProtocolError.self) {
            try room.received(full.span, now: script.now)
        }
    }

    @Test func whoOnlyWatchesAcknowledgesNowAndThen() throws {
        var script = try RoomScript()
        var room = ClientRoom(role: .spectate)
        _ = try room.received(script.welcome(seat: nil, token: nil).span, now: script.now)
        var acknowledgements: [UInt32] = []
        for tick in UInt32(100)..<132 {
            _ = try room.received(script.snapshot(tick).span, now: script.now)
            guard room.isAcknowledgementDue else { continue }
            var bytes: [UInt8] = []
            room.writeAcknowledgement(into: &bytes)
            guard case .acknowledge(let acknowledgement) = try decoded(bytes).0 else { continue }
            acknowledgements.append(acknowledgement.snapshot.rawValue)
        }
        #expect(acknowledgements == [107, 115, 123, 131])
        var bytes: [UInt8] = []
        let isWritten = room.writeCommand([0, 0], now: script.now, into: &bytes)
        #expect(!isWritten && bytes.isEmpty)
        #expect(room.canResume == false)
    }

    /// A server that hears nothing for as long as it waits, at 120 ticks a second, gets it all at once.
    @Test func aServerThatHearsNothingIsSentNoFloodOfAnything() throws {
        var script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome(tickRate: 120).span, now: script.now)
        var commands = 0
        var acknowledgements = 0
        for tick in UInt32(100)..<(100 + 14 * 120) {
            let now = script.now.advanced(byNanoseconds: UInt64(tick - 100) * 1_000_000_000 / 120)
            _ = try room.received(script.snapshot(tick).span, now: now)
            var bytes: [UInt8] = []
            if room.writeCommand([1, 0], now: now, into: &bytes), !bytes.isEmpty { commands += 1 }
            bytes.removeAll()
            if room.writeDueAcknowledgement(into: &bytes) { acknowledgements += 1 }
        }
        #expect(commands > 128)
        // Of the 480 messages that the server takes at once, all waiting events may be written four
        // times; pings go, too.
        #expect(commands + acknowledgements + 4 * EventOutbox.capacity + 28 <= 480)
    }

    @Test func eventsCountOnceAndAreAcknowledged() throws {
        let script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        let bytes = RoomScript.event(1, "hello")
        guard case .event(let event) = try room.received(bytes.span, now: script.now) else {
            Issue.record("no event")
            return
        }
        #expect(bytes[event.payload.range].elementsEqual("hello".utf8))
        #expect(room.isAcknowledgementDue == true)
        var message: [UInt8] = []
        room.writeAcknowledgement(into: &message)
        let wanted = ClientAcknowledgement(snapshot: .zero, eventID: 1)
        #expect(try decoded(message).0 == .acknowledge(wanted))
        #expect(room.isAcknowledgementDue == false)
        #expect(try room.received(bytes.span, now: script.now) == .repeatedEvent)
        #expect(room.isAcknowledgementDue == true)
    }

    @Test func aResumeCarriesTheTokenAndSendsWhatWaited() throws {
        let script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome(token: 77).span, now: script.now)
        var bytes: [UInt8] = []
        #expect(room.writeEvent([65], to: nil, into: &bytes) == 1)
        #expect(!bytes.isEmpty)
        room.connectionLost()
        bytes = []
        #expect(room.writeEvent([66], to: SeatIndex(3), into: &bytes) == 2)
        #expect(room.writeEvent([67], to: nil, into: &bytes) == 3)
        #expect(bytes.isEmpty)
        let early = room.writeCommand([0, 0], now: script.now, into: &bytes)
        #expect(!early)

        room.writeHello(into: &bytes)
        guard case .hello(let hello) = try decoded(bytes).0 else {
            Issue.record("no hello")
            return
        }
        #expect(hello.token == ResumptionToken(high: 77, low: 77))
        let resumed = try room.received(
            script.welcome(tick: 200, token: 78, taken: 1).span, now: script.now)
        #expect(resumed == .welcomed(isResumed: true))
        // What was taken before the connection was lost is not sent again.
        #expect(room.outbox.waiting.map(\.id) == [2, 3])
        bytes = []
        room.writeWaitingEvent(at: 0, into: &bytes)
        guard case .event(let event) = try decoded(bytes).0 else {
            Issue.record("no event")
            return
        }
        #expect(event.id == 2 && event.target == SeatIndex(3))
        var acknowledgement: [UInt8] = []
        ServerMessagePacker.acknowledge(eventID: 3, into: &acknowledgement)
        _ = try room.received(acknowledgement.span, now: script.now)
        #expect(room.outbox.waiting.isEmpty == true)
    }

    @Test func aNewSeatStartsAnew() throws {
        let script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        _ = try room.received(RoomScript.event(5, "x").span, now: script.now)
        var bytes: [UInt8] = []
        _ = room.writeEvent([65], to: nil, into: &bytes)
        room.seatLost()
        #expect(room.canResume == false)
        bytes = []
        room.writeHello(into: &bytes)
        #expect(bytes == [0x92, 1, 1])
        let welcomed = try room.received(script.welcome().span, now: script.now)
        #expect(welcomed == .welcomed(isResumed: false))
        #expect(room.outbox.waiting.isEmpty == true)
        #expect(room.inbox.newest == 0)
        // An event of the new seat with a low number is new.
        let first = try room.received(RoomScript.event(1, "y").span, now: script.now)
        guard case .event = first else {
            Issue.record("not new: \(first)")
            return
        }
    }

    @Test func pongsCountForTheirPingOnly() throws {
        var script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        var bytes: [UInt8] = []
        room.writePing(now: script.now, into: &bytes)
        guard case .ping(let stamp) = try decoded(bytes).0 else {
            Issue.record("no ping")
            return
        }
        script.passTime(milliseconds: 42)
        func pong(_ stamp: UInt64) -> [UInt8] {
            var bytes: [UInt8] = []
            ServerMessagePacker.pong(
                Pong(stamp: stamp, tick: Tick(101), phaseMicroseconds: 3), into: &bytes)
            return bytes
        }
        #expect(try room.received(pong(stamp + 1).span, now: script.now) == .ignored)
        #expect(
            try room.received(pong(stamp).span, now: script.now)
                == .pong(roundTripNanoseconds: 42_000_000))
        #expect(try room.received(pong(stamp).span, now: script.now) == .ignored)
        #expect(room.clock.roundTripNanoseconds == 42_000_000)
    }

    @Test func messagesOfLaterVersionsAreIgnored() throws {
        let script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        #expect(try room.received([0x92, 0x63, 0x01].span, now: script.now) == .ignored)
    }

    @Test(
        arguments: [
            [], [0xC0], [0x90], [0x91, 1], [0x91, 2], [0x92, 3, 0xC0], [0xDD, 255, 255, 255, 255],
            [0x96, 1, 0xC0, 0xC0, 0, 0, 0x90],
        ] as [[UInt8]])
    func whatIsNoMessageIsAnError(bytes: [UInt8]) throws {
        let script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        var isRefused = false
        do throws(ProtocolError) {
            _ = try room.received(bytes.span, now: script.now)
        } catch {
            isRefused = true
        }
        #expect(isRefused)
    }

    @Test func randomBytesNeverTrap() throws {
        var script = try RoomScript()
        var random = DeterministicRandom(seed: 21)
        var room = ClientRoom()
        let samples = [
            script.welcome(), script.snapshot(100), script.snapshot(101, baseline: 100),
            RoomScript.event(1, "x"),
        ]
        for round in 0..<20_000 {
            var bytes = samples[round % samples.count]
            for _ in 0..<random.number(in: 0...3) {
                let place = Int(random.number(in: 0...Int32(bytes.count - 1)))
                bytes[place] = UInt8(truncatingIfNeeded: random.next())
            }
            do throws(ProtocolError) {
                _ = try room.received(bytes.span, now: script.now)
            } catch {
                continue
            }
            var output: [UInt8] = []
            _ = room.writeCommand([1, 0], now: script.now, into: &output)
            room.writeAcknowledgement(into: &output)
            script.passTime(milliseconds: 3)
        }
    }

    @Test func theTailRepeatsUntilTheServerHasIt() throws {
        var script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        var counts: [Int] = []
        for tick in UInt32(100)..<110 {
            script.now = MonotonicInstant(
                nanoseconds: 5_000_000_000 + UInt64(tick - 99) * 1_000_000_000 / 60)
            // The server has heard of nothing until tick 105, then of all but the last two.
            let sequence: UInt16? = tick < 105 ? nil : UInt16(tick - 101)
            let message = script.snapshot(tick, sequence: sequence, margin: sequence.map { _ in 1 })
            _ = try room.received(message.span, now: script.now)
            var bytes: [UInt8] = []
            if room.writeCommand([1, 0], now: script.now, into: &bytes),
                case .input(let input) = try decoded(bytes).0
            {
                counts.append(input.commandCount)
            }
        }
        #expect(counts == [1, 2, 3, 4, 5, 2, 2, 2, 2, 2])
    }

    @Test func commandsStayWithinWhatAServerKeeps() throws {
        var script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        // A server that makes only one tick in ten: its beat moves away from the clock.
        for tick in UInt32(100)..<160 {
            script.passTime(milliseconds: 167)
            _ = try room.received(script.snapshot(tick).span, now: script.now)
            let command = room.commandTick(at: script.now)
            #expect(command > Tick(tick))
            #expect(command <= Tick(tick + 28))
        }
        // And a client that hears nothing for a while does not run away either.
        script.passTime(milliseconds: 60_000)
        #expect(room.commandTick(at: script.now) == Tick(159 + 28))
    }

    /// The rules at hand are of another game: its fields are not those of the commands.
    @Test(arguments: [true, false])
    func commandsHaveTheFieldsThatTheServerDeclares(predicts: Bool) throws {
        let script = try RoomScript()
        var room = ClientRoom(game: regatta)
        room.setPrediction(predicts)
        _ = try room.received(script.welcome().span, now: script.now)
        var output: [UInt8] = []
        let isWritten = room.writeCommand([1, 0], now: script.now, into: &output)
        #expect(isWritten)
        guard isWritten else { return }
        let (message, values) = try decoded(output)
        guard case .input = message else {
            Issue.record("\(message)")
            return
        }
        #expect(values == [1, 0])
    }
}
