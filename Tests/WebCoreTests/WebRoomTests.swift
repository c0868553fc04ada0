import ClientCore
import GameProtocol
import Hyoshi
import Replication
import Testing
import TransportInterface
import WebCore

/// A connection as a page has it, with a server of a few lines.
@Suite struct WebRoomTests {
    static let token = ResumptionToken(high: 1, low: 2)

    static func welcome(seat: Int?, tick: UInt32, taken: UInt32 = 0) throws -> [UInt8] {
        let schema = try Schema(
            kinds: [
                KindSchema(
                    name: "thing", capacity: 4,
                    fields: [
                        FieldSchema(name: "x", use: .coordinate, minimum: 0, maximum: 99, step: 2),
                        FieldSchema(name: "owner", use: .seat, minimum: 0, maximum: 63),
                    ])
            ],
            inputFields: [FieldSchema(name: "keys", use: .flags, minimum: 0, maximum: 3)])
        var bytes: [UInt8] = []
        ServerMessagePacker.welcome(
            Welcome(
                room: "lob\"by", game: "g", seat: seat.flatMap { SeatIndex($0) }, seatsMax: 4,
                tickRate: 60, tick: Tick(tick), token: seat == nil ? nil : token, schema: schema,
                takenEventID: taken),
            into: &bytes)
        return bytes
    }

    static func at(_ milliseconds: UInt64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }

    /// The types of the messages that wait, which are taken.
    static func types(_ room: WebRoom, at milliseconds: UInt64) -> [UInt8] {
        let count = room.poll(now: at(milliseconds))
        #expect(count == room.outgoingEnds.count)
        var types: [UInt8] = []
        var start = 0
        for end in room.outgoingEnds {
            types.append(room.outgoing[start + 1])
            start = Int(end)
        }
        #expect(start == room.outgoing.count)
        room.removeOutgoing()
        return types
    }

    static func received(
        _ bytes: [UInt8], by room: WebRoom, at milliseconds: UInt64
    ) -> ClientRoom.Outcome? {
        room.received(bytes.span, now: at(milliseconds))
    }

    static func resumption(_ bytes: [UInt8]) -> SeatResumption? {
        SeatResumption(bytes.span)
    }

    static func joined() throws -> WebRoom {
        let room = WebRoom(game: nil, name: "Ada", role: .play, resumption: nil)
        room.opened(now: at(1))
        #expect(types(room, at: 1) == [1])
        let outcome = received(try welcome(seat: 1, tick: 100), by: room, at: 5)
        #expect(outcome == .welcomed(isResumed: false))
        return room
    }

    @Test func theTimeIsAskedForOftenAtFirst() throws {
        let room = try Self.joined()
        var times: [UInt64] = []
        for now in UInt64(5)..<5_000 where Self.types(room, at: now) == [5] { times.append(now) }
        #expect(times.count == 8)
        #expect(times.prefix(4).elementsEqual([5, 155, 305, 455]))
    }

    @Test func commandsWaitForTheFirstSnapshot() throws {
        let room = try Self.joined()
        _ = Self.types(room, at: 5)
        #expect(!room.command([1], now: Self.at(20)))
        let snapshot: [UInt8] = [0x96, 1, 0xC0, 0xC0, 101, 0, 0x91, 0x93, 1, 3, 1]
        guard case .snapshot? = Self.received(snapshot, by: room, at: 21) else {
            Issue.record("no snapshot: \(room.error)")
            return
        }
        #expect(!room.command([1, 2], now: Self.at(21)))
        #expect(room.command([1], now: Self.at(21)))
        #expect(!room.command([1], now: Self.at(21)))
        #expect(Self.types(room, at: 21) == [2])
        #expect(room.updateGhosts())
        #expect(room.ghosts.kinds[0].ids == [1])
        #expect(room.ghosts.kinds[0].values == [6, 1])
        #expect(room.ghosts.kinds[0].flags == [2])
    }

    @Test func eventsAreSentAgainUntilTheyAreTaken() throws {
        let room = try Self.joined()
        _ = Self.types(room, at: 5)
        #expect(room.send(Array("hi".utf8), isText: true, to: nil) == 1)
        #expect(Self.types(room, at: 6) == [4])
        #expect(Self.types(room, at: 1_000).contains(4) == false)
        #expect(Self.types(room, at: 1_006).contains(4))
        #expect(Self.received([0x92, 5, 1], by: room, at: 1_010) == .acknowledged)
        #expect(Self.types(room, at: 3_000).contains(4) == false)
    }

    @Test func aReloadedPageGoesOnInItsSeat() throws {
        let before = try Self.joined()
        #expect(before.send([1], isText: false, to: nil) == 1)
        let resumption = before.resumption
        let saved = try #require(resumption)
        let bytes = saved.bytes
        let copy = Self.resumption(bytes)
        let read = try #require(copy)
        #expect(read == saved)
        let short = Self.resumption(Array(bytes.dropLast()))
        #expect(short == nil)
        let room = WebRoom(game: nil, name: "Ada", role: .play, resumption: read)
        room.opened(now: Self.at(1))
        #expect(room.outgoing.count > 20, "the hello carries the token")
        room.removeOutgoing()
        // The page before this one has not heard that its event was taken.
        let welcome = try Self.welcome(seat: 1, tick: 200, taken: 1)
        let outcome = Self.received(welcome, by: room, at: 5)
        #expect(outcome == .welcomed(isResumed: true))
        #expect(room.send([2], isText: false, to: nil) == 2)
    }

    @Test func aMessageAtFaultSaysWhy() throws {
        let room = try Self.joined()
        #expect(Self.received([0xC1], by: room, at: 6) == nil)
        #expect(room.error.utf8CodeUnitCount > 0)
        #expect(Self.received([0x92, 1], by: room, at: 6) == nil)
    }

    @Test func theWelcomeIsJSON() throws {
        let room = try Self.joined()
        let welcome = try #require(room.welcome)
        let text = String(decoding: JSONText.welcome(welcome), as: UTF8.self)
        #expect(
            text.hasPrefix(#"{"room":"lob\"by","game":"g","seat":1,"seatsMax":4,"tickRate":60,"#))
        #expect(text.contains(#""name":"x","use":"coordinate","minimum":0,"maximum":99,"step":2"#))
        #expect(text.hasSuffix(#""unit":"","wraps":false,"changeField":-1}]}}"#))
        var escaped = JSONText()
        escaped.string("\u{1}\n\u{1F}ä".utf8.span)
        #expect(String(decoding: escaped.bytes, as: UTF8.self) == #""\u0001\u000a\u001fä""#)
        var numbers = JSONText()
        numbers.array([Int64.min, -1, 0, 10]) { $0.number($1) }
        #expect(
            String(decoding: numbers.bytes, as: UTF8.self) == "[-9223372036854775808,-1,0,10]")
    }
}
