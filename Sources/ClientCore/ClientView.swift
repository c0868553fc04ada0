/// What is to be drawn at one instant: every shown thing with its numbers, fractions included.
///
/// Own things and things of no player come from the prediction, others' from the snapshots a little
/// in the past. Its buffers are used again from call to call.
package struct ClientView: Sendable {
    /// The shown things of one kind, in no particular order.
    package struct Kind: Sendable {
        /// The shown ids.
        ///
        /// The same thing keeps its id for as long as it is shown: also a thing that was first
        /// predicted and then confirmed, which the server's tables know under another id.
        package internal(set) var ids: [UInt32] = []
        /// The values of the fields, row after row: `ids.count * fieldCount` of them.
        ///
        /// Coordinates and angles have fractions and stay within minimum ..< maximum + step where
        /// they wrap; all others are whole.
        package internal(set) var values: [Double] = []
        /// What is known of each thing, ``ClientView/Flags``.
        package internal(set) var flags: [UInt8] = []
        /// Values in a row.
        package let fieldCount: Int

        init(fieldCount: Int) {
            self.fieldCount = fieldCount
        }

        mutating func removeAll() {
            ids.removeAll(keepingCapacity: true)
            values.removeAll(keepingCapacity: true)
            flags.removeAll(keepingCapacity: true)
        }
    }

    /// The bits of ``Kind/flags``.
    package enum Flags {
        /// Shown as predicted, not from the past.
        package static let predicted: UInt8 = 1
        /// Of the own seat.
        package static let own: UInt8 = 2
        /// Not confirmed by the server yet.
        package static let provisional: UInt8 = 4
    }

    /// Something that has happened since the view before.
    ///
    /// A thing appears once and vanishes once, however often the prediction is corrected in between.
    package struct Change: Sendable, Equatable {
        /// What happened.
        package enum Event: UInt8, Sendable {
            /// The thing is shown for the first time.
            case appeared = 0
            /// The thing is gone for good, as the server has confirmed; one that is only predicted
            /// to be gone is no longer in the view, but has not vanished.
            case vanished = 1
            /// A field that is neither a coordinate nor an angle nor the change per tick of another
            /// has another value at the server.
            case changed = 2
        }

        /// What happened.
        package var event: Event
        /// The position of the kind in the schema.
        package var kind: Int
        /// The shown id.
        package var id: UInt32
        /// The position of the field that has changed; 0 for others.
        package var field: Int
        /// The value before; 0 for others.
        package var from: Double
        /// The value now; 0 for others.
        package var to: Double
        /// Where the thing's values as it is shown (a vanished one: as it was shown last) begin in
        /// ``ClientView/changeValues``; one for each field of its kind, up to
        /// ``ClientView/valuesEnd(ofChange:)``.
        package var valuesStart: Int

        /// Makes a change.
        package init(
            event: Event, kind: Int, id: UInt32, field: Int, from: Double, to: Double,
            valuesStart: Int
        ) {
            self.event = event
            self.kind = kind
            self.id = id
            self.field = field
            self.from = from
            self.to = to
            self.valuesStart = valuesStart
        }
    }

    /// The most changes of one view; further ones of the same instant are left out and counted.
    package static let changesMax = 4_096

    /// The things by kind, in the order of the schema's kinds.
    package internal(set) var kinds: [Kind] = []
    /// The tick that own things are shown at; 0 before the first snapshot.
    package internal(set) var predictedTick: Double = 0
    /// The tick that others are shown at; 0 before the first snapshot.
    package internal(set) var remoteTick: Double = 0
    /// What has happened since the view before.
    package internal(set) var changes: [Change] = []
    /// The values that ``changes`` refer to.
    package internal(set) var changeValues: [Double] = []
    /// Changes that were left out since the first view.
    package internal(set) var changesDropped: UInt64 = 0

    init() {}

    /// The number of things of a kind.
    package func count(ofKind kind: Int) -> Int {
        kinds.indices.contains(kind) ? kinds[kind].ids.count : 0
    }

    /// A field's value in a row of its kind, 0 ..< count.
    package func value(kind: Int, row: Int, field: Int) -> Double {
        kinds[kind].values[row * kinds[kind].fieldCount + field]
    }

    /// Where the values of a change end in ``changeValues``.
    ///
    /// A thing of a world that is gone may have had another number of fields than its kind has now.
    package func valuesEnd(ofChange position: Int) -> Int {
        position + 1 < changes.count ? changes[position + 1].valuesStart : changeValues.count
    }

    /// Forgets what was shown; keeps the memory.
    mutating func begin() {
        for kind in kinds.indices { kinds[kind].removeAll() }
        changes.removeAll(keepingCapacity: true)
        changeValues.removeAll(keepingCapacity: true)
    }
}
