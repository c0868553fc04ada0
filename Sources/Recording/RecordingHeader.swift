package import Hyoshi

/// Of what a recording is: all that its room was made from.
package struct RecordingHeader: Equatable, Sendable {
    /// The protocol's version, such as `hyoshi.v1`.
    package var protocolVersion = ""
    /// The game's name.
    package var game = ""
    /// The hash of the game's declarations (``GameIdentity``).
    package var declarations: UInt64 = 0
    /// What made it, for people: never compared.
    package var build = ""
    /// The room's name.
    package var room = ""
    /// The seed of the room's world.
    package var seed: UInt64 = 0
    /// Milliseconds from 1970-01-01 UTC to the room's opening.
    package var startedAtMilliseconds: UInt64 = 0
    /// Ticks a second, 1 to 240.
    package var tickRate = 60
    /// Seats of the room, 1 to 64.
    package var seatsMax = SeatIndex.limit
    /// Seats of the game, at least those of the room, at most 64.
    package var gameSeatsMax = SeatIndex.limit
    /// An input that wants nothing: as many numbers as an input has fields.
    package var neutralInput: [Int32] = []
    /// Columns of the game's tables: one for each kind's ids, one for each field of it.
    package var columnCount = 0
    /// How many ticks back a look of the rules may go, 0 to 255.
    package var rewindTicksMax = 0
    /// How long a seat was held, in seconds.
    package var seatHoldSeconds = 0
    /// From one check to the next, in ticks, 1 to 65,535.
    package var checkIntervalTicks = 60
    /// From one full state to the next, in ticks, 1 to 1,000,000.
    package var stateIntervalTicks = 1_800

    package init() {}

    /// Takes over what a recording must know of a game.
    package init(game: Game, protocolVersion: String) {
        self.protocolVersion = protocolVersion
        self.game = game.name
        declarations = GameIdentity.hash(of: game)
        seatsMax = game.seatsMax
        gameSeatsMax = game.seatsMax
        neutralInput = game.neutralInput
        columnCount = GameIdentity.columnCount(of: game)
    }

    /// Refuses to play what another protocol, game or version of the game has made.
    ///
    /// Names are compared by their bytes: no two forms of a character count as one.
    package func check(game: Game, protocolVersion: String) throws(RecordingError) {
        guard self.protocolVersion.utf8.elementsEqual(protocolVersion.utf8) else {
            throw .protocolVersion(found: self.protocolVersion, expected: protocolVersion)
        }
        guard self.game.utf8.elementsEqual(game.name.utf8) else {
            throw .game(found: self.game, expected: game.name)
        }
        guard declarations == GameIdentity.hash(of: game), gameSeatsMax == game.seatsMax,
            neutralInput == game.neutralInput, columnCount == GameIdentity.columnCount(of: game)
        else { throw .declarations(game: game.name) }
    }

    /// Appends the payload of the header's block.
    func append(to bytes: inout [UInt8]) {
        bytes.appendText(protocolVersion)
        bytes.appendText(game)
        bytes.appendWord(declarations)
        bytes.appendText(build)
        bytes.appendText(room)
        bytes.appendWord(seed)
        bytes.appendNumber(startedAtMilliseconds)
        for number in [
            tickRate, seatsMax, gameSeatsMax, rewindTicksMax, seatHoldSeconds,
            checkIntervalTicks, stateIntervalTicks, columnCount, neutralInput.count,
        ] {
            bytes.appendNumber(number)
        }
        for number in neutralInput { bytes.appendDifference(number) }
    }

    /// Reads the payload of the header's block.
    init(_ bytes: [UInt8], limits: RecordingLimits) throws(RecordingError) {
        var reader = ByteReader(bytes)
        let textMax = limits.textByteCountMax
        protocolVersion = try reader.text(max: textMax)
        game = try reader.text(max: textMax)
        declarations = try reader.word()
        build = try reader.text(max: textMax)
        room = try reader.text(max: textMax)
        seed = try reader.word()
        startedAtMilliseconds = try reader.number()
        tickRate = try reader.count(max: 240)
        seatsMax = try reader.count(max: SeatIndex.limit)
        gameSeatsMax = try reader.count(max: SeatIndex.limit)
        rewindTicksMax = try reader.count(max: 255)
        seatHoldSeconds = try reader.count(max: 86_400)
        checkIntervalTicks = try reader.count(max: 65_535)
        stateIntervalTicks = try reader.count(max: 1_000_000)
        columnCount = try reader.count(max: limits.columnsMax)
        for _ in 0..<(try reader.count(max: limits.inputFieldsMax)) {
            neutralInput.append(try reader.difference())
        }
        guard tickRate > 0, seatsMax > 0, seatsMax <= gameSeatsMax, checkIntervalTicks > 0,
            stateIntervalTicks > 0,
            reader.isAtEnd
        else { throw .malformed }
    }
}

/// What distinguishes a game's declarations from another's, and from those of its other versions.
package enum GameIdentity {
    /// The hash of a game's name, seats, kinds, capacities and fields with their ranges.
    ///
    /// What people read only (units, scales) is left out. It finds mistakes, not malice.
    package static func hash(of game: Game) -> UInt64 {
        var hash = StateHash()
        for octet in game.name.utf8 { hash.combine(UInt32(octet)) }
        hash.combine(UInt32(truncatingIfNeeded: game.seatsMax))
        hash.combine(UInt32(truncatingIfNeeded: game.kinds.count))
        for kind in game.kinds {
            add(kind.name, to: &hash)
            hash.combine(UInt32(truncatingIfNeeded: kind.capacity))
            add(kind.fields, to: &hash)
        }
        add(game.inputFields, to: &hash)
        for number in game.neutralInput { hash.combine(UInt32(bitPattern: number)) }
        return hash.value
    }

    /// Columns of a game's tables: one for each kind's ids, one for each field of it.
    static func columnCount(of game: Game) -> Int {
        game.kinds.reduce(0) { $0 + 1 + $1.fields.count }
    }

    private static func add(_ fields: [FieldDescription], to hash: inout StateHash) {
        hash.combine(UInt32(truncatingIfNeeded: fields.count))
        for field in fields {
            let specification = field.specification
            add(field.name, to: &hash)
            hash.combine(UInt32(specification.use.rawValue))
            hash.combine(UInt32(bitPattern: specification.minimum))
            hash.combine(UInt32(bitPattern: specification.maximum))
            hash.combine(UInt32(bitPattern: specification.step))
            hash.combine(specification.wraps ? 1 : 0 as UInt32)
        }
    }

    private static func add(_ name: StaticString, to hash: inout StateHash) {
        hash.combine(UInt32(truncatingIfNeeded: name.utf8CodeUnitCount))
        name.withUTF8Buffer { bytes in
            for position in 0..<bytes.count { unsafe hash.combine(UInt32(bytes[position])) }
        }
    }
}
