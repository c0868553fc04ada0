/// What goes into a snapshot that has not room for everything.
///
/// Every entity in view gathers weight at each tick until it is sent as it is: its importance over
/// one plus its distance in cells. Then the heaviest go first, and the first that does not fit ends
/// the choice, so that nothing waits for ever behind what is cheap. An entity of half the distance
/// is so sent about twice as often, and none is forgotten: also where the seat's own entities, which
/// do not wait, take the whole budget, the others have their part (``ByteBudget``).
struct SnapshotChoices: Sendable {
    /// What becomes of an entity.
    enum Choice: UInt8, Sendable {
        /// It is sent as it is.
        case fresh
        /// It stands as the receiver expects it.
        case held
        /// It is not in the table: not yet, or no longer.
        case absent
    }

    /// One entity in view.
    struct Item: Sendable {
        /// Its row in the world's table.
        var row: Int32
        /// What it has gathered.
        var age: UInt32
        var isOwn: Bool
        /// Whether the receiver has it already.
        var isKnown: Bool
        var choice = Choice.absent
        /// Bytes that it takes as it is.
        var freshBytes: Int32 = 0
        /// Bytes that it takes as the receiver expects it.
        var heldBytes: Int32 = 0
        /// Where its row in the baseline is among the history's words, or −1.
        var baseline: Int32 = -1
        /// Where its row in the last snapshot is, if the receiver has newer numbers from there than
        /// from the baseline, or −1.
        var last: Int32 = -1
    }

    /// The entities in view, kind by kind: first those that the seat knows, then the new ones.
    var items: [Item] = []
    /// The first item of each kind, and the number of all behind the last.
    var starts: [Int] = []
    /// Bytes that go out in any case: headers and removals.
    var fixedBytes = 0
    /// A row as a receiver expects it.
    var expected: [Int32] = []
    /// The heaviest first: class, age, and the item's position, each in its bits.
    private var heap: [UInt64] = []

    /// Bytes that are taken where nothing is sent but what must be.
    var neededBytes: Int {
        var sum = fixedBytes
        for item in items { sum += Int(item.isOwn ? item.freshBytes : item.heldBytes) }
        return sum
    }

    /// Bytes of what is chosen and not the seat's own.
    var othersBytes: Int {
        var sum = 0
        for item in items where !item.isOwn {
            switch item.choice {
            case .fresh: sum += Int(item.freshBytes)
            case .held: sum += Int(item.heldBytes)
            case .absent: break
            }
        }
        return sum
    }

    /// Chooses such that the receiver keeps all it has: own entities always, others as they fit.
    ///
    /// - Parameters:
    ///   - others: Bytes of others that fit whatever else is sent. Where that is above 0 at least
    ///     one of them goes.
    ///   - messageBytesMax: What fits into a message.
    /// - Returns: Whether something had to wait.
    mutating func chooseWithin(_ allowance: Int, others: Int, messageBytesMax: Int) -> Bool {
        heap.removeAll(keepingCapacity: true)
        for position in items.indices {
            let item = items[position]
            if item.isOwn || (item.freshBytes == 0 && item.baseline >= 0) {
                items[position].choice = .fresh
            } else {
                items[position].choice =
                    item.baseline >= 0 || item.last >= 0 ? .held : .absent
                heap.append(Self.key(position, rank: 0, age: item.age))
            }
        }
        var sum = 0
        for item in items {
            sum += Int(item.choice == .fresh ? item.freshBytes : item.heldBytes)
        }
        sum += fixedBytes
        var othersSum = others > 0 ? othersBytes : 0
        var isAnyChosen = false
        heapify()
        while let position = heaviest() {
            let bytes = Int(items[position].freshBytes - items[position].heldBytes)
            sum += bytes
            othersSum += bytes
            let isTheirPart = others > 0 && (othersSum <= others || !isAnyChosen)
            guard sum <= allowance || isTheirPart && sum <= messageBytesMax else { return true }
            items[position].choice = .fresh
            isAnyChosen = true
            removeHeaviest()
        }
        return false
    }

    /// Chooses where even what must be sent is too much for one message, and for a full snapshot.
    ///
    /// The seat's own entities go first, then those that the receiver has but not from the baseline;
    /// neither waits for the budget. What is not chosen stands as expected from the baseline, or is
    /// not in the table.
    ///
    /// - Returns: Whether something had to wait.
    mutating func chooseAnew(allowance: Int, messageBytesMax: Int) -> Bool {
        heap.removeAll(keepingCapacity: true)
        for position in items.indices {
            let item = items[position]
            if item.baseline >= 0, item.freshBytes == 0 {
                items[position].choice = .fresh
                continue
            }
            items[position].choice = item.baseline >= 0 ? .held : .absent
            items[position].last = -1
            let rank: UInt64 = item.isOwn ? 3 : item.isKnown && item.baseline < 0 ? 2 : 1
            heap.append(Self.key(position, rank: rank, age: item.age))
        }
        var sum = fixedBytes
        heapify()
        while let position = heaviest() {
            let rank = heap[0] &>> 62
            sum += Int(items[position].freshBytes)
            guard sum <= (rank > 1 ? messageBytesMax : min(messageBytesMax, allowance)) else {
                return true
            }
            items[position].choice = .fresh
            removeHeaviest()
        }
        return false
    }

    // MARK: The heap

    private static func key(_ position: Int, rank: UInt64, age: UInt32) -> UInt64 {
        // Of two that are as heavy, the earlier one is the greater key.
        let place = UInt64(UInt32.max - UInt32(truncatingIfNeeded: position))
        return rank << 62 | UInt64(min(age, SeatReplicator.ageMax)) << 32 | place
    }

    /// The position of the heaviest item that is left.
    private func heaviest() -> Int? {
        guard let key = heap.first else { return nil }
        return Int(UInt32.max - UInt32(truncatingIfNeeded: key))
    }

    private mutating func heapify() {
        var parent = heap.count / 2
        while parent > 0 {
            parent -= 1
            sink(parent)
        }
    }

    private mutating func removeHeaviest() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        sink(0)
    }

    private mutating func sink(_ start: Int) {
        let key = heap[start]
        var parent = start
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] > heap[child] { child += 1 }
            guard heap[child] > key else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = key
    }
}
