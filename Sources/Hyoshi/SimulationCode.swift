#if !hasFeature(Embedded)
    /// The methods of an instance that every tick calls, compiled for its rules.
    ///
    /// A method of a generic class is compiled once, for any rules, and looks up types and functions
    /// at each step. A closure that is made where the rules are known, as they are where a game is
    /// declared, is compiled for them: a tick of the arena costs a third of the instructions.
    @usableFromInline
    struct SimulationCode<Rules: Simulation> {
        @usableFromInline
        typealias Instance = SimulationInstance<Rules>

        @usableFromInline let step: (Instance, Tick, SeatSet, [Int32]) -> Void
        @usableFromInline let extract: (Instance, inout EntityTable) -> Void
        @usableFromInline let restore: (Instance, EntityTable) -> Void
        @usableFromInline let extractValues: (Instance, inout EntityTable) -> Void
        @usableFromInline let restoreValues: (Instance, EntityTable) -> Void
        @usableFromInline let hash: (Instance) -> UInt64

        @inlinable
        init() {
            step = { $0.makeTick($1, seats: $2, inputs: $3) }
            extract = { $0.extractRows(into: &$1) }
            restore = { $0.restoreRows(from: $1) }
            extractValues = { $0.extractValueRows(into: &$1) }
            restoreValues = { $0.restoreValueRows(from: $1) }
            hash = { $0.hashState() }
        }
    }
#else
    /// The methods of an instance that every tick calls; Embedded Swift compiles those of a generic
    /// class for each of its types anyway.
    @usableFromInline
    struct SimulationCode<Rules: Simulation> {
        @usableFromInline
        typealias Instance = SimulationInstance<Rules>

        @inlinable
        init() {}

        @inlinable
        func step(_ instance: Instance, _ tick: Tick, _ seats: SeatSet, _ inputs: [Int32]) {
            instance.makeTick(tick, seats: seats, inputs: inputs)
        }

        @inlinable
        func extract(_ instance: Instance, _ table: inout EntityTable) {
            instance.extractRows(into: &table)
        }

        @inlinable
        func restore(_ instance: Instance, _ table: EntityTable) {
            instance.restoreRows(from: table)
        }

        @inlinable
        func extractValues(_ instance: Instance, _ table: inout EntityTable) {
            instance.extractValueRows(into: &table)
        }

        @inlinable
        func restoreValues(_ instance: Instance, _ table: EntityTable) {
            instance.restoreValueRows(from: table)
        }

        @inlinable
        func hash(_ instance: Instance) -> UInt64 { instance.hashState() }
    }
#endif
