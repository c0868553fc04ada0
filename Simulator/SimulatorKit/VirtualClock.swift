package import TransportInterface

/// Time that jumps to the next event: what is planned, earliest first.
///
/// Of events at the same instant the one that was planned first comes first, so that a run is the
/// same every time.
package struct VirtualClock<Event> {
    private struct Entry {
        var due: MonotonicInstant
        var number: UInt64
        var event: Event

        func isBefore(_ other: Entry) -> Bool {
            due == other.due ? number < other.number : due < other.due
        }
    }

    /// The present.
    package private(set) var now: MonotonicInstant
    /// A binary heap: each entry is not before its parent.
    private var entries: [Entry] = []
    private var planned: UInt64 = 0

    /// Starts at an instant, with nothing planned.
    package init(start: MonotonicInstant) {
        now = start
    }

    /// When the next event is due; never where none is planned.
    package var nextDue: MonotonicInstant { entries.first?.due ?? .distantFuture }

    /// Lets time pass; it never goes back.
    package mutating func advance(to instant: MonotonicInstant) {
        now = max(now, instant)
    }

    /// Plans an event.
    package mutating func plan(_ event: Event, at due: MonotonicInstant) {
        planned += 1
        entries.append(Entry(due: due, number: planned, event: event))
        var position = entries.count - 1
        while position > 0 {
            let parent = (position - 1) / 2
            guard entries[position].isBefore(entries[parent]) else { break }
            entries.swapAt(position, parent)
            position = parent
        }
    }

    /// Takes the next event that is due by now, or nil.
    package mutating func takeDue() -> Event? {
        guard let first = entries.first, first.due <= now else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return first.event
    }

    private mutating func sink() {
        var position = 0
        while true {
            var least = position
            for child in (2 * position + 1)...(2 * position + 2)
            where child < entries.count && entries[child].isBefore(entries[least]) {
                least = child
            }
            guard least != position else { return }
            entries.swapAt(position, least)
            position = least
        }
    }
}
