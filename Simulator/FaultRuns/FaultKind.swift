/// The faults that a run may have; each is absent from about half of the runs.
package enum FaultKind: String, CaseIterable, Sendable {
    /// A delay on the way, the same for all bytes.
    case latency
    /// A delay that varies from one write to the next.
    case jitter
}
