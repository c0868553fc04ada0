/// How well a pilot plays.
package enum PilotSkill: Int, CaseIterable, Sendable {
    /// Aims where the target is, loosely; sees rocks late and shots not at all.
    case novice
    /// Leads its target; sees rocks.
    case regular
    /// Leads exactly, dodges shots, and spares its fire.
    case ace

    /// How far the aim is off at most, in steps of ``Bearing``.
    var aimError: Int32 {
        switch self {
        case .novice: 3_000
        case .regular: 900
        case .ace: 150
        }
    }

    /// Ticks from one choice of a target to the next.
    var reactionTicks: ClosedRange<Int32> {
        switch self {
        case .novice: 40...90
        case .regular: 20...50
        case .ace: 10...25
        }
    }

    /// How many ticks ahead a collision with a rock is seen.
    var rockHorizon: Int64 {
        switch self {
        case .novice: 25
        case .regular: 45
        case .ace: 60
        }
    }

    /// How many ticks ahead a shot is seen.
    var shotHorizon: Int64 {
        switch self {
        case .novice: 0
        case .regular: 10
        case .ace: 24
        }
    }

    /// Whether the target's movement is taken into account.
    var leadsTarget: Bool {
        switch self {
        case .novice: false
        case .regular, .ace: true
        }
    }

    /// The speed aimed at on the way to somewhere, 1/256 unit a tick.
    var cruiseSpeed: Int64 {
        switch self {
        case .novice: 500
        case .regular: 800
        case .ace: 1_050
        }
    }
}
