import Hyoshi
import Replication

/// Puts the view together from predicted and received tables, and keeps it steady.
///
/// Each thing keeps its id for its whole life, also where the tables give it another one. Where the
/// tables are corrected under a shown thing, it stays where it is shown, and glides to where it
/// should be: what is left halves every ``halfLifeSeconds``.
struct Presentation: Sendable {
    /// In so much time what is shown wrong halves.
    static let halfLifeSeconds = 0.08
    /// Snapshots after which a thing that was predicted and has not come is given up.
    static let graceTicks = 8
    /// Ticks by which a thing may be made earlier or later after a correction and still be the same.
    static let makerTicksMax = 3

    /// What is to be drawn.
    var view = ClientView()
    /// How far own things are shown from where they should be, at most, in value units.
    private(set) var visibleErrorDistance: Double = 0

    var kinds: [ShownKind] = []
    /// The number of the view that is or was put together.
    var number: UInt32 = 0
    /// The values of one row.
    var raw: [Double] = []
    private var nextShownID = Predictor.provisionalIDMin
    private var reportedTick = Tick.zero
    private var isReportDue = false
    /// Whether the things are of a world that is gone.
    private(set) var isWorldGone = false
    private var nextKinds: [KindMotion] = []

    /// Another world comes: all things vanish with the next view.
    mutating func worldChanged(_ schema: Schema) {
        isWorldGone = true
        // Ticks of the world that is gone say nothing about the next one.
        view.predictedTick = 0
        view.remoteTick = 0
        nextKinds = schema.kinds.map { KindMotion($0) }
    }

    /// How the fields of a kind are shown.
    func motion(ofKind kind: Int) -> KindMotion? {
        if isWorldGone { return nextKinds.indices.contains(kind) ? nextKinds[kind] : nil }
        return kinds.indices.contains(kind) ? kinds[kind].motion : nil
    }

    /// Begins another view; where nothing follows, nothing is shown.
    mutating func begin() {
        number &+= 1
        view.begin()
        guard isWorldGone else { return }
        isWorldGone = false
        for kind in kinds.indices {
            for thing in kinds[kind].things { tell(.vanished, kind: kind, thing) }
        }
        kinds = nextKinds.map { ShownKind(motion: $0) }
        view.kinds = nextKinds.map { ClientView.Kind(fieldCount: $0.fields.count) }
        reportedTick = .zero
    }

    /// Puts the things of a view in that ``begin()`` has begun.
    ///
    /// - Parameters:
    ///   - predicted: The predicted tables; nil where everything is to be shown from the past.
    ///   - received: The snapshots, at least one.
    mutating func compose(
        predicted: TableRing?, predictedTick: Double, received: TableRing, remoteTick: Double,
        seat: SeatIndex?, elapsedSeconds: Double
    ) {
        guard let newest = received.place(of: received.newest),
            let past = received.moment(at: remoteTick)
        else { return }
        view.predictedTick = predictedTick
        view.remoteTick = remoteTick
        visibleErrorDistance = 0
        isReportDue = received.newest != reportedTick
        reportedTick = received.newest
        let decay = Self.decay(seconds: elapsedSeconds)
        let ahead = predicted?.moment(at: predictedTick)
        for kind in kinds.indices where received.tables[newest].kinds.indices.contains(kind) {
            if let predicted, let moment = ahead {
                showPredicted(
                    kind, predicted, moment, seat: seat, decay: decay,
                    authority: received.tables[newest].kinds[kind])
            }
            if predicted == nil || kinds[kind].motion.seatField != nil {
                showReceived(
                    kind, received, past, seat: seat, decay: decay,
                    newest: received.tables[newest].kinds[kind], skipsOwn: predicted != nil)
            }
            removeGone(kind, newest: received.tables[newest])
        }
        visibleErrorDistance = visibleErrorDistance.squareRoot()
    }

    /// What is left of an offset after a time: 2 to the power of −time ÷ half-life.
    ///
    /// A quotient of polynomials, because there is no mathematical library in a browser; within 2 %
    /// for times of a display's refresh, and always falling.
    static func decay(seconds: Double) -> Double {
        let x = max(seconds, 0) * 0.693_147_18 / halfLifeSeconds
        return 1 / (1 + x * (1 + x * (0.5 + x / 6)))
    }

    // MARK: Rows

    private mutating func showPredicted(
        _ kind: Int, _ ring: TableRing, _ moment: Moment, seat: SeatIndex?, decay: Double,
        authority: EntityRows
    ) {
        let place = moment.upper ?? moment.lower
        let rows = ring.tables[place].kinds[kind]
        let motion = kinds[kind].motion
        adopt(kind, rows, seat: seat)
        for row in rows.ids.indices {
            let isOwn = motion.isOwn(rows, row: row, seat: seat)
            // What the rules may make by chance has its place from the server.
            let isShown = motion.seatField == nil && rows.ids[row] < Predictor.provisionalIDMin
            guard isOwn || isShown else { continue }
            let lower = ring.tables[moment.lower].kinds[kind]
            evaluatePredicted(motion, lower, rows, row: row, share: moment.share)
            let position = show(
                kind, rows.ids[row], isPredicted: true, isOwn: isOwn, decay: decay)
            if isReportDue || !kinds[kind].things[position].isReported,
                let row = authority.row(of: rows.ids[row])
            {
                report(kind, position, authority, row: row)
            }
        }
    }

    private mutating func showReceived(
        _ kind: Int, _ ring: TableRing, _ moment: Moment, seat: SeatIndex?, decay: Double,
        newest: EntityRows, skipsOwn: Bool
    ) {
        let rows = ring.tables[moment.lower].kinds[kind]
        let motion = kinds[kind].motion
        for row in rows.ids.indices {
            let isOwn = motion.isOwn(rows, row: row, seat: seat)
            if skipsOwn {
                // It may have changed hands since: then it has to come from somewhere.
                if isOwn {
                    guard let now = newest.row(of: rows.ids[row]),
                        !motion.isOwn(newest, row: now, seat: seat)
                    else { continue }
                }
                let position = kinds[kind].position(of: rows.ids[row])
                if kinds[kind].isThing(rows.ids[row], at: position),
                    kinds[kind].things[position].view == number
                {
                    continue
                }
            }
            evaluateReceived(kind, ring, moment, row: row)
            let position = show(
                kind, rows.ids[row], isPredicted: false, isOwn: isOwn, decay: decay)
            report(kind, position, rows, row: row)
        }
    }

    /// Puts a thing whose values are in ``raw`` into the view; where it stands among the things.
    private mutating func show(
        _ kind: Int, _ tableID: UInt32, isPredicted: Bool, isOwn: Bool, decay: Double
    ) -> Int {
        let position = kinds[kind].position(of: tableID)
        let isNew = !kinds[kind].isThing(tableID, at: position)
        if isNew {
            kinds[kind].insert(tableID, shownID: makeShownID(tableID), at: position)
        }
        let before = kinds[kind].things[position]
        if isNew || before.view != number &- 1 {
            kinds[kind].removeOffsets(position)
        } else if before.isPredicted != isPredicted {
            _ = kinds[kind].keepInPlace(position, raw: raw)
        }
        kinds[kind].place(position, raw: raw, decay: decay)
        kinds[kind].change(position) { thing in
            thing.view = number
            thing.isPredicted = isPredicted
            thing.isOwn = isOwn
        }
        let thing = kinds[kind].things[position]
        let start = thing.slot * kinds[kind].fieldCount
        view.kinds[kind].ids.append(thing.shownID)
        for field in 0..<kinds[kind].fieldCount {
            view.kinds[kind].values.append(kinds[kind].values[start + field])
        }
        view.kinds[kind].flags.append(
            (isPredicted ? ClientView.Flags.predicted : 0) | (isOwn ? ClientView.Flags.own : 0)
                | (thing.isProvisional ? ClientView.Flags.provisional : 0))
        if isNew { tell(.appeared, kind: kind, thing) }
        if isOwn, isPredicted {
            visibleErrorDistance = max(visibleErrorDistance, kinds[kind].squaredOffset(position))
        }
        return position
    }

    /// Server ids name themselves; what is only predicted gets a name that no server id has.
    private mutating func makeShownID(_ tableID: UInt32) -> UInt32 {
        guard tableID >= Predictor.provisionalIDMin else { return tableID }
        defer { nextShownID = max(nextShownID &+ 1, Predictor.provisionalIDMin) }
        return nextShownID
    }

    // MARK: Changes

    /// Takes over what the server says of a thing, and tells what of it is new.
    private mutating func report(_ kind: Int, _ position: Int, _ rows: EntityRows, row: Int) {
        let thing = kinds[kind].things[position]
        let fieldCount = kinds[kind].fieldCount
        for field in 0..<fieldCount where kinds[kind].motion.fields[field].reports {
            let now = rows.values[row * fieldCount + field]
            let before = kinds[kind].reported[thing.slot * fieldCount + field]
            guard now != before else { continue }
            kinds[kind].reported[thing.slot * fieldCount + field] = now
            guard thing.isReported else { continue }
            let step = kinds[kind].motion.fields[field].step
            tell(
                .changed, kind: kind, thing, field: field, from: Double(before) * step,
                to: Double(now) * step)
        }
        if !thing.isReported { kinds[kind].change(position) { $0.isReported = true } }
    }

    private mutating func tell(
        _ event: ClientView.Change.Event, kind: Int, _ thing: ShownThing, field: Int = 0,
        from: Double = 0, to: Double = 0
    ) {
        guard view.changes.count < ClientView.changesMax else {
            view.changesDropped &+= 1
            return
        }
        view.changes.append(
            ClientView.Change(
                event: event, kind: kind, id: thing.shownID, field: field, from: from, to: to,
                valuesStart: view.changeValues.count))
        let start = thing.slot * kinds[kind].fieldCount
        for field in 0..<kinds[kind].fieldCount {
            view.changeValues.append(kinds[kind].values[start + field])
        }
    }

    /// Lets the things vanish that are not shown and will not come back.
    private mutating func removeGone(_ kind: Int, newest: EntityTable) {
        var kept = 0
        for position in kinds[kind].things.indices {
            let thing = kinds[kind].things[position]
            if thing.view != number, isGone(thing, newest, kind: kind) {
                tell(.vanished, kind: kind, thing)
                kinds[kind].free(position)
            } else {
                kinds[kind].keep(position, at: kept)
                kept += 1
            }
        }
        kinds[kind].removeAll(from: kept)
    }

    private func isGone(_ thing: ShownThing, _ newest: EntityTable, kind: Int) -> Bool {
        guard thing.isProvisional else { return newest.kinds[kind].row(of: thing.tableID) == nil }
        let distance = Predictor.distance(ofMaker: thing.tableID, from: newest.tick)
        return distance < -Self.graceTicks
    }
}
