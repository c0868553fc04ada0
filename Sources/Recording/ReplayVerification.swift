package import Hyoshi
package import Replication

/// Where a replay stops being what was recorded.
package struct ReplayDifference: Equatable, Sendable {
    /// The first tick whose state differs.
    ///
    /// Told by one octet of each state's hash: with a chance of 1 in 256 a difference is found at the
    /// next tick only, and at the next check for certain.
    package var tick: Tick
    /// The check by which the columns were compared: at that tick or after it; nil where the
    /// recording ends before one.
    package var checkTick: Tick?
    /// The kinds' ids and fields that differed at the check.
    package var columns: [TableColumn] = []
    /// The full state by which values were compared: at that tick or after it; nil for none.
    package var stateTick: Tick?
    /// What differed in it, at most ``valuesMax``.
    package var values: [Value] = []
    /// Whether the random generators differed in it.
    package var randomDiffers = false

    /// One number that differs.
    package struct Value: Equatable, Sendable {
        /// The kind's position in the game.
        package var kind: Int
        package var id: UInt32
        /// The field's position in the kind; nil where the entity is there on one side only.
        package var field: Int?
        /// nil where the entity is not there.
        package var recorded: Int32?
        package var replayed: Int32?
    }

    /// The most values that are told.
    package static let valuesMax = 16
}

/// Compares a replay with its recording, tick by tick.
package final class ReplayVerifier {
    /// What is compared.
    package let player: ReplayPlayer
    /// The ticks that have been compared.
    package private(set) var ticksCompared = 0
    /// What was found.
    package private(set) var difference: ReplayDifference?
    /// The first tick with a full state that makes no sense to the game: its octets are those that
    /// were written, and no room writes such.
    package private(set) var damagedStateTick: Tick?
    private var isFinished = false
    /// The wire numbers at the first tick that differs.
    private var tableAtDifference: EntityTable?

    /// Compares from the player's tick on.
    package init(_ player: ReplayPlayer) {
        self.player = player
    }

    /// Compares some ticks; false when there is nothing more to find out.
    package func run(ticksMax: Int) -> Bool {
        var left = ticksMax
        while left > 0, !isFinished {
            left -= 1
            guard player.step() else {
                isFinished = true
                break
            }
            if difference == nil { compare() }
            if difference != nil { explain() }
        }
        return !isFinished
    }

    /// Whether a state that was recorded at this very tick is the same as the replayed one.
    private func compare() {
        ticksCompared += 1
        let hash = player.instance.stateHash
        var isSame = player.record.hashOctet == UInt8(truncatingIfNeeded: hash)
        if let recorded = player.record.hash { isSame = isSame && recorded == hash }
        if isSame, let state = stateHere() {
            let found = values(state)
            isSame = found.isEmpty && state.random == player.instance.randomState
        }
        guard !isSame else { return }
        difference = ReplayDifference(tick: player.tick)
        tableAtDifference = player.table
    }

    /// The full state that was recorded at this very tick; one that makes no sense is noted.
    private func stateHere() -> RecordedState? {
        guard player.isAtState else { return nil }
        let state = player.recordedState()
        if state == nil, damagedStateTick == nil { damagedStateTick = player.tick }
        return state
    }

    /// Finds out what differs, from the next check and the next full state.
    private func explain() {
        guard var found = difference else { return }
        if found.checkTick == nil, let columns = player.record.columns {
            found.checkTick = player.tick
            found.columns = differingColumns(columns)
        }
        if found.stateTick == nil, let state = stateHere() {
            found.stateTick = player.tick
            // The tables before a state are in it, too: the nearer, the fewer consequences.
            if let recorded = state.past.table(at: found.tick), let table = tableAtDifference {
                found.stateTick = found.tick
                found.values = ReplayVerifier.differences(recorded, table)
            }
            if found.values.isEmpty {
                found.stateTick = player.tick
                found.values = values(state)
            }
            found.randomDiffers = state.random != player.instance.randomState
        }
        difference = found
        isFinished = found.checkTick != nil && found.stateTick != nil
    }

    private func differingColumns(_ octets: Range<Int>) -> [TableColumn] {
        var hashes: [UInt32] = []
        TableHash.appendColumns(of: player.table, to: &hashes)
        var columns: [TableColumn] = []
        var position = 0
        for kind in player.game.kinds.indices {
            for field in -1..<player.game.kinds[kind].fields.count {
                let recorded = player.room.columnOctet(at: octets.lowerBound + position)
                if recorded != UInt8(truncatingIfNeeded: hashes[position]) {
                    columns.append(TableColumn(kind: kind, field: field < 0 ? nil : field))
                }
                position += 1
            }
        }
        return columns
    }

    private func values(_ state: RecordedState) -> [ReplayDifference.Value] {
        var table = EntityTable(kinds: player.game.kinds)
        player.instance.extractValues(into: &table)
        return ReplayVerifier.differences(state.values, table)
    }

    /// The first values that differ between two tables.
    static func differences(
        _ recorded: EntityTable, _ replayed: EntityTable
    ) -> [ReplayDifference.Value] {
        var values: [ReplayDifference.Value] = []
        for kind in recorded.kinds.indices where kind < replayed.kinds.count {
            let left = recorded.kinds[kind]
            let right = replayed.kinds[kind]
            let width = left.fieldCount
            for row in left.ids.indices {
                let id = left.ids[row]
                guard let other = right.row(of: id) else {
                    values.append(.init(kind: kind, id: id, field: nil, recorded: 0))
                    continue
                }
                for field in 0..<width {
                    let number = left.values[row * width + field]
                    let now = right.values[other * width + field]
                    guard number != now else { continue }
                    values.append(
                        .init(kind: kind, id: id, field: field, recorded: number, replayed: now))
                }
            }
            for id in right.ids where left.row(of: id) == nil {
                values.append(.init(kind: kind, id: id, field: nil, replayed: 0))
            }
            if values.count >= ReplayDifference.valuesMax { break }
        }
        return Array(values.prefix(ReplayDifference.valuesMax))
    }
}
