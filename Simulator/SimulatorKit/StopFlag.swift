import Synchronization

/// Asks threads to come to an end, once.
package final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    /// Not raised.
    package init() {}

    /// Whether it was raised.
    package var isRaised: Bool { flag.load(ordering: .relaxed) }

    /// Raises it.
    package func raise() { flag.store(true, ordering: .relaxed) }
}
