/// The name of an entity among those of its kind, from 1; never used twice in a room.
public struct EntityID: Hashable, Comparable, Sendable {
    /// The number.
    public let rawValue: UInt32

    /// Makes the id of this number.
    @inlinable
    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Orders ids by age: the elder first.
    @inlinable
    public static func < (left: EntityID, right: EntityID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// All entities of one kind in a room, oldest first, at most `capacity`.
///
/// The order is the order of insertion, so that every run visits them alike. Memory for `capacity`
/// elements is taken once; insertion and removal never allocate. Removal moves the younger ones up.
public struct Entities<Element: Entity> {
    /// The ids' numbers, ascending.
    @usableFromInline var idNumbers: [UInt32]
    /// The entities, in the order of their idNumbers.
    @usableFromInline var elements: [Element]
    /// The number that the next insertion gives.
    @usableFromInline var nextNumber: UInt32
    /// The greatest number of entities of this kind.
    public let capacity: Int

    /// Makes an empty collection for at most `capacity` entities.
    @inlinable
    public init(capacity: Int) {
        self.capacity = capacity
        idNumbers = []
        elements = []
        nextNumber = 1
        idNumbers.reserveCapacity(capacity)
        elements.reserveCapacity(capacity)
    }

    /// The number of entities.
    @inlinable
    public var count: Int { elements.count }

    /// The positions of the entities; they change with insertion and removal.
    @inlinable
    public var indices: Range<Int> { 0..<elements.count }

    /// The entity at a position, 0 ..< count.
    @inlinable
    public subscript(position: Int) -> Element {
        get { elements[position] }
        _modify { yield &elements[position] }
    }

    /// The id of the entity at a position.
    @inlinable
    public func id(at position: Int) -> EntityID {
        EntityID(idNumbers[position])
    }

    /// Adds an entity; nil, and nothing added, where `capacity` is reached.
    @inlinable
    @discardableResult
    public mutating func insert(_ element: Element) -> EntityID? {
        guard elements.count < capacity, nextNumber != UInt32.max else { return nil }
        let id = EntityID(nextNumber)
        nextNumber += 1
        idNumbers.append(id.rawValue)
        elements.append(element)
        return id
    }

    /// Adds an entity under an id that another peer gave; ids must come in ascending order.
    ///
    /// - Returns: Whether it was added: the id is higher than all others and there is room.
    @inlinable
    @discardableResult
    public mutating func restore(_ element: Element, id: EntityID) -> Bool {
        guard elements.count != capacity, id.rawValue > (idNumbers.last ?? 0), id.rawValue < .max
        else {
            return false
        }
        idNumbers.append(id.rawValue)
        elements.append(element)
        if nextNumber <= id.rawValue { nextNumber = id.rawValue + 1 }
        return true
    }

    /// The position of an id, or nil; binary search.
    @inlinable
    public func position(of id: EntityID) -> Int? {
        var low = 0
        var high = idNumbers.count
        while low < high {
            let middle = (low + high) / 2
            if idNumbers[middle] < id.rawValue { low = middle + 1 } else { high = middle }
        }
        return low < idNumbers.count && idNumbers[low] == id.rawValue ? low : nil
    }

    /// The position of the first entity that satisfies the condition, or nil.
    @inlinable
    public func firstPosition(where condition: (Element) -> Bool) -> Int? {
        for position in elements.indices where condition(elements[position]) {
            return position
        }
        return nil
    }

    /// Removes the entity at a position.
    @inlinable
    public mutating func remove(at position: Int) {
        idNumbers.remove(at: position)
        elements.remove(at: position)
    }

    /// Removes every entity that satisfies the condition, in one pass.
    @inlinable
    public mutating func removeAll(where condition: (Element) -> Bool) {
        var kept = 0
        for position in elements.indices where !condition(elements[position]) {
            if kept != position {
                elements[kept] = elements[position]
                idNumbers[kept] = idNumbers[position]
            }
            kept += 1
        }
        elements.removeLast(elements.count - kept)
        idNumbers.removeLast(idNumbers.count - kept)
    }

    /// The number that the next insertion gives, 1 to 2^32 − 1; at the end nothing can be inserted.
    @inlinable
    public var nextID: UInt32 {
        get { nextNumber }
        set { nextNumber = max(newValue, (idNumbers.last ?? 0) &+ 1, 1) }
    }

    /// Removes all entities; ids go on from where they were.
    @inlinable
    public mutating func removeAll() {
        idNumbers.removeAll(keepingCapacity: true)
        elements.removeAll(keepingCapacity: true)
    }
}

/// What walks over all entities of a simulation, kind by kind.
public protocol EntityVisitor {
    /// Meets all entities of one kind.
    mutating func visit<Element: Entity>(_ entities: inout Entities<Element>)
}
