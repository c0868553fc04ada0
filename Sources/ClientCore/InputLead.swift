package import Hyoshi

/// How far a client's commands are addressed ahead of the beat as it arrives, steered by the margin
/// that the server reports.
///
/// A margin of 0 says that the command came just in time for its tick, a negative one that the
/// server had to do without it. Together with the lead that the command was sent with, each margin
/// tells the lead that would have been enough. The most that was needed within the last 17 s is
/// what is aimed at: a way that stalls now and then stays covered. The lead grows towards it within
/// a few ticks, a quarter faster than the beat or an eighth of what is missing per tick, and shrinks
/// by a five-hundredth of the surplus per tick: starving is heard, waiting is not.
///
/// Where snapshots come earlier or later than before, commands go on in step: what was learned is of
/// the ticks that they are for, not of the arrivals. Moved by more than ``stepTicks``, the way or the
/// beat is another one: what was needed on the former one is forgotten, and what is too much is given
/// back within a second instead of half a minute.
///
/// The lead never exceeds the way there and back and ``surplusTicksMax``: a server refuses commands
/// that are far ahead, and a refused command looks like one that starves.
package struct InputLead: Sendable {
    /// The lead in nanoseconds, from the arrival of a tick's snapshot to the tick addressed.
    package private(set) var nanoseconds: Int64
    /// The least margin that is aimed at, in ticks.
    package static let wantedMargin: Int64 = 1
    /// The most that a lead is beyond the way there and back, in ticks: 200 ms of stall, and some
    /// jitter, at 60 Hz.
    package static let surplusTicksMax: Int64 = 18
    /// The most that a lead can be while the round trip is not known, in ticks.
    package static let unknownWayTicksMax: Int64 = 24
    /// Arrivals that move by more are of another way or beat, not of the same one's jitter, in ticks.
    package static let stepTicks: Int64 = 4
    /// Margins in a window, and windows that are remembered.
    private static let windowLength = 32
    private static let windowCount = 32
    /// Commands of which the lead is remembered.
    private static let commandsMax = 128

    /// A command that is missing by more ticks was not given, where none is on its way.
    private static let idleTicks = 3

    private let tickNanoseconds: Int64
    /// The lead that each command of the last ticks was sent with, and its tick.
    private var leads = [Int64](repeating: 0, count: InputLead.commandsMax)
    private var ticks = [UInt32](repeating: 0, count: InputLead.commandsMax)
    /// The greatest lead that was needed in each of the last windows.
    private var needs = [Int64](repeating: .min, count: InputLead.windowCount)
    private var nextWindow = 0
    private var need = Int64.min
    private var marginCount = 0
    private var heldNeed = Int64.min
    private var newestCommand = Tick.zero
    /// How far the arrivals have moved since the window has begun.
    private var movedRecently: Int64 = 0
    /// The newest command when the arrivals have moved by a step: what is said to wait up to
    /// that tick was on the former way.
    private var stepCommand = Tick.zero
    /// Margins since the arrivals have moved by a step; nil where the lead has settled since.
    private var marginsSinceStep: Int?

    /// Starts with a lead for the way to the server and back, and two ticks.
    ///
    /// - Parameter roundTripNanoseconds: The round trip, or nil where it is not known yet.
    package init(tickNanoseconds: Int64, roundTripNanoseconds: UInt64?) {
        self.tickNanoseconds = max(tickNanoseconds, 1)
        nanoseconds = Self.way(roundTripNanoseconds) + 2 * self.tickNanoseconds
    }

    /// A command for `tick` is sent.
    ///
    /// - Parameter isAsWanted: Whether the present lead has chosen the tick; where another bound
    ///   has, nothing can be learned from it.
    package mutating func commanded(_ tick: Tick, isAsWanted: Bool = true) {
        let slot = Int(tick.rawValue % UInt32(Self.commandsMax))
        newestCommand = tick
        ticks[slot] = isAsWanted ? tick.rawValue : 0
        leads[slot] = nanoseconds
    }

    /// A snapshot of `tick` has told the margin of this seat's commands.
    package mutating func marginArrived(
        _ margin: Int, tick: Tick, roundTripNanoseconds: UInt64?
    ) {
        let margin = min(max(margin, -256), 256)
        let newest = tick.advanced(by: margin).rawValue
        // Who gives no commands does not starve.
        if newest >= newestCommand.rawValue, margin < -Self.idleTicks { return }
        let slot = Int(newest % UInt32(Self.commandsMax))
        if marginsSinceStep != nil, tick <= stepCommand, margin >= 0 { return }
        if newest > 0, ticks[slot] == newest {
            let enough = leads[slot] + (Self.wantedMargin - Int64(margin)) * tickNanoseconds
            need = max(need, enough)
        } else if margin <= -Self.commandsMax {
            // So far behind that the command is forgotten.
            need = .max
        }
        var most = Self.unknownWayTicksMax * tickNanoseconds
        if roundTripNanoseconds != nil {
            most = Self.way(roundTripNanoseconds) + Self.surplusTicksMax * tickNanoseconds
        }
        let known = max(need, heldNeed)
        guard known > .min else { return }
        steer(towards: min(max(known, 0), most))
        marginCount += 1
        if marginCount == Self.windowLength { closeWindow() }
    }

    /// The earliest arrivals of snapshots are later than before by so much, or earlier.
    ///
    /// The lead is moved with them, so that the next command is for the tick that it would have been
    /// for. Before any margin has come it is not: then it still is what the way was taken to need.
    package mutating func arrivalsMoved(byNanoseconds moved: Int64) {
        guard moved != 0, max(need, heldNeed) > .min else { return }
        let moved = min(max(moved, -Self.moveMax), Self.moveMax)
        nanoseconds = max(Self.moved(nanoseconds, by: moved), 0)
        for slot in leads.indices { leads[slot] = Self.moved(leads[slot], by: moved) }
        // What gets out of a longer way's queue comes a little earlier each.
        movedRecently += moved
        if movedRecently.magnitude > UInt64(Self.stepTicks * tickNanoseconds) {
            movedRecently = 0
            for window in needs.indices { needs[window] = .min }
            need = .min
            heldNeed = .min
            marginCount = 0
            marginsSinceStep = 0
            stepCommand = newestCommand
            return
        }
        for window in needs.indices { needs[window] = Self.moved(needs[window], by: moved) }
        need = Self.moved(need, by: moved)
        heldNeed = Self.moved(heldNeed, by: moved)
    }

    /// More than any way, and nothing overflows.
    private static let moveMax: Int64 = 3_600_000_000_000

    private static func moved(_ need: Int64, by moved: Int64) -> Int64 {
        if need == .min || need == .max { return need }
        return min(max(need + moved, -moveMax), moveMax)
    }

    private mutating func steer(towards target: Int64) {
        let missing = target - nanoseconds
        if missing > 0 {
            nanoseconds += min(missing, max(missing / 8, tickNanoseconds / 4))
            return
        }
        var share: Int64 = 512
        if let count = marginsSinceStep {
            marginsSinceStep = count + 1
            // What the new way needs at its worst takes a window to be known.
            if count >= Self.windowLength { share = 16 }
            if count >= Self.windowLength, missing > -tickNanoseconds { marginsSinceStep = nil }
        }
        nanoseconds += max(missing, min(missing / share, -tickNanoseconds / 512))
    }

    /// Remembers the window's need in the place of the oldest.
    private mutating func closeWindow() {
        needs[nextWindow] = need
        nextWindow = (nextWindow + 1) % Self.windowCount
        heldNeed = needs.max() ?? need
        need = .min
        marginCount = 0
        movedRecently = 0
    }

    /// The way there and back as far as it is known, at most a second.
    private static func way(_ roundTripNanoseconds: UInt64?) -> Int64 {
        Int64(clamping: min(roundTripNanoseconds ?? 0, 1_000_000_000))
    }
}
