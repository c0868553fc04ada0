import Hyoshi
import TransportInterface

/// Faults at the sites of the production code, drawn for one run: each site is active in about half
/// of the runs that have any, and strikes now and then until the faults are over.
///
/// It belongs to its run, which is played by one thread.
final class SiteFaults: @unchecked Sendable {
    private struct State {
        var perMillion: UInt64 = 0
        var random = DeterministicRandom(seed: 0)
        var strikes: UInt64 = 0
        /// Whether it is a bug on purpose, which does not end with the faults.
        var isPlanted = false
    }

    private var states: [State]
    /// Whether the faults are over.
    var isOver = false
    /// Sites that strike each time that they are passed, also when the faults are over.
    var always: Set<FaultSite> = []

    /// Sites that a run cannot have by chance: what they do is a finding, or nobody passes them.
    ///
    /// Each has a test of its own.
    static let excluded: Set<FaultSite> = [.stateCorrupted, .recordingFull, .clockJumped]

    /// - Parameter isOn: Whether the run has faults at sites at all.
    init(seed: UInt64, isOn: Bool) {
        states = FaultSite.allCases.map { site in
            var draw = Draw(seed: seed, name: "site \(site)")
            var state = State()
            let isActive = draw.oneIn(2)
            let perMillion = UInt64(draw.one(of: [300, 3_000, 30_000]))
            if isOn, isActive, !Self.excluded.contains(site) { state.perMillion = perMillion }
            state.random = DeterministicRandom(seed: draw.bits())
            return state
        }
    }

    /// Whether a site may strike.
    func has(_ site: FaultSite) -> Bool {
        states[Int(site.rawValue)].perMillion > 0 || always.contains(site)
    }

    /// Lets a site strike so often.
    func plant(_ site: FaultSite, perMillion: UInt64) {
        states[Int(site.rawValue)].perMillion = perMillion
        states[Int(site.rawValue)].isPlanted = true
    }

    /// What production code is given.
    var sites: FaultSites {
        guard !always.isEmpty || states.contains(where: { $0.perMillion > 0 }) else { return .none }
        return FaultSites { [self] site in draw(site) }
    }

    private func draw(_ site: FaultSite) -> UInt64 {
        if always.contains(site) { return 1 }
        let position = Int(site.rawValue)
        guard !isOver || states[position].isPlanted, states[position].perMillion > 0 else {
            return 0
        }
        guard states[position].random.next() % 1_000_000 < states[position].perMillion else {
            return 0
        }
        states[position].strikes += 1
        return max(states[position].random.next(), 1)
    }

    /// How often each site has struck.
    var strikes: [(site: FaultSite, count: UInt64)] {
        FaultSite.allCases.map { ($0, states[Int($0.rawValue)].strikes) }
    }
}
