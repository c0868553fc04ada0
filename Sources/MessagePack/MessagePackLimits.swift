/// What one message may ask of its reader.
///
/// Reading takes no memory from the heap, whatever these say; they bound time and the stack.
package struct MessagePackLimits: Equatable, Sendable {
    /// Containers inside each other: 0 to 16 (``depthCeiling``).
    ///
    /// Costs 4 bytes of stack a level.
    package let depthMax: Int
    /// Values in the whole message, containers and keys counted: 1 to 2,147,483,647.
    package let elementsMax: Int
    /// Pairs in one map: 0 to 64 (``mapPairsCeiling``).
    ///
    /// Bounds the comparisons for duplicates.
    package let mapPairsMax: Int

    /// The most that ``depthMax`` can be.
    package static let depthCeiling = 16
    /// The most that ``mapPairsMax`` can be.
    package static let mapPairsCeiling = 64

    /// For what a server reads from a peer: 8 levels, 1,024 values, 32 pairs in a map.
    package static let serverReading = MessagePackLimits(
        depthMax: 8, elementsMax: 1_024, mapPairsMax: 32)
    /// For what a client reads, snapshots among it: 8 levels, 65,536 values, 64 pairs in a map.
    package static let clientReading = MessagePackLimits(
        depthMax: 8, elementsMax: 65_536, mapPairsMax: 64)

    /// Makes limits; a number outside its range becomes the nearest inside.
    package init(depthMax: Int = 8, elementsMax: Int = 1_024, mapPairsMax: Int = 32) {
        self.depthMax = min(max(depthMax, 0), Self.depthCeiling)
        self.elementsMax = min(max(elementsMax, 1), Int(Int32.max))
        self.mapPairsMax = min(max(mapPairsMax, 0), Self.mapPairsCeiling)
    }
}
