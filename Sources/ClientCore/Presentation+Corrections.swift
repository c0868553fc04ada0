import Hyoshi

/// Where things are at an instant, and how they stay in place when that is corrected.
extension Presentation {
    /// Puts the predicted values of a row at a share of the way between two tables into ``raw``.
    ///
    /// What does not move is as in the later table: it answers at once.
    mutating func evaluatePredicted(
        _ motion: KindMotion, _ lower: EntityRows, _ upper: EntityRows, row: Int, share: Double
    ) {
        let fieldCount = motion.fields.count
        let before = lower.row(of: upper.ids[row])
        raw.removeAll(keepingCapacity: true)
        for field in 0..<fieldCount {
            let now = upper.values[row * fieldCount + field]
            if let before, motion.fields[field].moves {
                let start = lower.values[before * fieldCount + field]
                raw.append(motion.fields[field].between(start, now, share: share))
            } else {
                raw.append(Double(now) * motion.fields[field].step)
            }
        }
    }

    /// Puts the values of a row of received tables at an instant into ``raw``.
    ///
    /// What does not move is as in the earlier table; where there is no later one, things go on as
    /// their change per tick says.
    mutating func evaluateReceived(_ kind: Int, _ ring: TableRing, _ moment: Moment, row: Int) {
        let motion = kinds[kind].motion
        let fieldCount = motion.fields.count
        let lower = ring.tables[moment.lower].kinds[kind]
        let after = moment.upper.flatMap { ring.tables[$0].kinds[kind].row(of: lower.ids[row]) }
        raw.removeAll(keepingCapacity: true)
        for field in 0..<fieldCount {
            let start = lower.values[row * fieldCount + field]
            let field = motion.fields[field]
            guard field.moves else {
                raw.append(Double(start) * field.step)
                continue
            }
            if let upper = moment.upper, let after {
                let end = ring.tables[upper].kinds[kind].values[after * fieldCount + raw.count]
                raw.append(field.between(start, end, share: moment.share))
                continue
            }
            var value = Double(start) * field.step
            if field.change >= 0 {
                let change = Double(lower.values[row * fieldCount + field.change])
                let ticks = min(moment.ticksBeyond, Playback.ticksBeyondMax)
                value = field.folded(value + change * motion.fields[field.change].step * ticks)
            }
            raw.append(value)
        }
    }

    /// Keeps the things that the last view showed from a ring in place: the ring was corrected
    /// since, or is read at another instant now.
    ///
    /// - Returns: How far own things had to be moved, at most; nil where none had to.
    mutating func keepInPlace(_ ring: TableRing, at tick: Double, isPredicted: Bool) -> Double? {
        guard let moment = ring.moment(at: tick) else { return nil }
        var isMoved = false
        var squaredDistance: Double = 0
        for kind in kinds.indices {
            for position in kinds[kind].things.indices
            where evaluate(kind, position, ring, moment, isPredicted: isPredicted) {
                let change = kinds[kind].keepInPlace(position, raw: raw)
                guard change.isMoved, kinds[kind].things[position].isOwn else { continue }
                isMoved = true
                squaredDistance = max(squaredDistance, change.squaredDistance)
            }
        }
        return isMoved ? squaredDistance.squareRoot() : nil
    }

    /// Moves the things that the last view showed from the prediction to another instant of it,
    /// without a new view.
    mutating func move(_ ring: TableRing, to tick: Double) {
        guard let moment = ring.moment(at: tick) else { return }
        for kind in kinds.indices {
            for position in kinds[kind].things.indices
            where evaluate(kind, position, ring, moment, isPredicted: true) {
                kinds[kind].place(position, raw: raw, decay: 1)
            }
        }
    }

    /// Puts the values of a thing into ``raw``; false where the last view did not show it from that
    /// side, or it is not there.
    private mutating func evaluate(
        _ kind: Int, _ position: Int, _ ring: TableRing, _ moment: Moment, isPredicted: Bool
    ) -> Bool {
        let thing = kinds[kind].things[position]
        guard thing.view == number, thing.isPredicted == isPredicted else { return false }
        let place = isPredicted ? moment.upper ?? moment.lower : moment.lower
        guard let row = ring.tables[place].kinds[kind].row(of: thing.tableID) else { return false }
        if isPredicted {
            evaluatePredicted(
                kinds[kind].motion, ring.tables[moment.lower].kinds[kind],
                ring.tables[place].kinds[kind], row: row, share: moment.share)
        } else {
            evaluateReceived(kind, ring, moment, row: row)
        }
        return true
    }

    // MARK: Things that were predicted

    /// The server has confirmed a predicted thing under its own id.
    mutating func confirm(_ provisionalID: UInt32, as id: UInt32, kind: Int) {
        guard !isWorldGone, kinds.indices.contains(kind) else { return }
        let position = kinds[kind].position(of: provisionalID)
        if kinds[kind].isThing(provisionalID, at: position) {
            kinds[kind].rename(position, to: id)
        }
    }

    /// The server has made a thing of the own seat at about `tick` that was not predicted for just
    /// then: it may be one that was predicted for a little earlier or later.
    mutating func confirmNearest(as id: UInt32, kind: Int, tick: Tick) {
        guard !isWorldGone, kinds.indices.contains(kind) else { return }
        var best: (position: Int, distance: Int)?
        for position in kinds[kind].things.indices {
            let thing = kinds[kind].things[position]
            guard thing.isProvisional, thing.isOwn else { continue }
            let distance = abs(Predictor.distance(ofMaker: thing.tableID, from: tick))
            if distance <= Self.graceTicks, distance < best?.distance ?? .max {
                best = (position, distance)
            }
        }
        if let best { kinds[kind].rename(best.position, to: id) }
    }

    /// Lets things that a correction has made anew, a little earlier or later, be the former ones.
    mutating func adopt(_ kind: Int, _ rows: EntityRows, seat: SeatIndex?) {
        guard let last = rows.ids.last, last >= Predictor.provisionalIDMin else { return }
        var left = SnapshotComparison.newRowsMax
        for row in rows.ids.indices.reversed() {
            let id = rows.ids[row]
            guard id >= Predictor.provisionalIDMin, left > 0 else { return }
            guard kinds[kind].motion.isOwn(rows, row: row, seat: seat),
                !kinds[kind].isThing(id, at: kinds[kind].position(of: id))
            else { continue }
            left -= 1
            var best: (position: Int, distance: UInt32)?
            for position in kinds[kind].things.indices {
                let thing = kinds[kind].things[position]
                guard thing.isProvisional, thing.isOwn, rows.row(of: thing.tableID) == nil else {
                    continue
                }
                let distance = Predictor.makerDistance(thing.tableID, id)
                if distance <= UInt32(Self.makerTicksMax), distance < best?.distance ?? .max {
                    best = (position, distance)
                }
            }
            if let best { kinds[kind].rename(best.position, to: id) }
        }
    }
}
