import Hyoshi
import Synchronization
package import TransportInterface

/// Decides from a seed at which sites faults strike, and counts.
///
/// Each site has a random sequence of its own, so that what is asked at one changes nothing at the
/// others.
package final class FaultStrikes: Sendable {
    private struct State: Sendable {
        var randoms: [DeterministicRandom]
        var chancesPerMillion: [UInt64]
        var passes: [Int]
        var strikes: [Int]
        var isActive = true
    }

    private let state: Mutex<State>

    /// - Parameter chancesPerMillion: How often a site strikes, in a million times that it is passed;
    ///   sites that are not named never do.
    package init(seed: UInt64, chancesPerMillion: [FaultSite: Int]) {
        let count = FaultSite.allCases.count
        state = Mutex(
            State(
                randoms: FaultSite.allCases.map {
                    DeterministicRandom(
                        seed: seed &+ (UInt64($0.rawValue) &+ 1) &* 0x9E37_79B9_7F4A_7C15)
                },
                chancesPerMillion: FaultSite.allCases.map {
                    UInt64(max(chancesPerMillion[$0] ?? 0, 0))
                },
                passes: Array(repeating: 0, count: count),
                strikes: Array(repeating: 0, count: count)))
    }

    /// What production code is given.
    package var sites: FaultSites {
        FaultSites { [self] site in draw(site) }
    }

    /// Whether faults may still strike.
    package var isActive: Bool {
        get { state.withLock { $0.isActive } }
        set { state.withLock { $0.isActive = newValue } }
    }

    /// How often a fault has struck at a site.
    package func strikes(_ site: FaultSite) -> Int {
        state.withLock { $0.strikes[Int(site.rawValue)] }
    }

    /// How often a site was passed, whether it struck or not.
    package func passes(_ site: FaultSite) -> Int {
        state.withLock { $0.passes[Int(site.rawValue)] }
    }

    private func draw(_ site: FaultSite) -> UInt64 {
        state.withLock { state in
            let position = Int(site.rawValue)
            state.passes[position] += 1
            let bits = state.randoms[position].next()
            guard state.isActive, bits % 1_000_000 < state.chancesPerMillion[position] else {
                return 0
            }
            state.strikes[position] += 1
            return max(bits / 1_000_000, 1)
        }
    }
}
