/// What looks at a run while it goes on.
package enum Checker: String, CaseIterable, Sendable {
    /// A client holds what the server had at that tick, byte for byte.
    case snapshots
    /// Ticks and acknowledgements never go back on a connection.
    case order
    /// Nothing is shown that is outside of the interest set, and everything inside.
    case interest
    /// Seats are never lost and never taken twice.
    case seats
    /// A seat that is held is given back to who has its token.
    case resumption
    /// Every queue stays within its limit.
    case queues
    /// The prediction stands on the server's state.
    case prediction
    /// What is shown moves forward and is within its range.
    case view
    /// Reliable events come exactly once and in order.
    case events
    /// Connections end as docs/protocol.md says, and those who keep to it are never thrown out.
    case endings
    /// What was counted in is counted out.
    case accounts
    /// Once the faults are over everybody is up to date within a second.
    case liveness
    /// A recording is made again exactly.
    case recording
    /// Nobody is woken over and over without anything to do.
    case wakeups
    /// Those who mean no harm are not harmed by those who do.
    case bystanders
    /// The same seed gives the same run.
    case determinism
}

/// Something that a run should not have shown.
package struct Finding: Sendable, Equatable {
    /// The run.
    package var seed: UInt64
    /// Virtual seconds since its start.
    package var seconds: Double
    /// The newest tick of the first room, 0 before.
    package var tick: UInt32
    /// Who has seen it.
    package var checker: Checker
    /// What it was, with what was expected.
    package var text: String
}
