/// When what happens.
extension FaultPlan {
    /// A time with a fault: from when to when, and to whom.
    struct Spell {
        var start: UInt64
        var end: UInt64
        var players: [Int]
    }

    mutating func drawActions() {
        drawWays()
        drawReaders()
        drawBreaks()
        drawHosts()
        drawMoves()
    }

    /// Times of a fault, spread over the run: about one for each `secondsApart`.
    private func spells(
        _ draw: inout Draw, secondsApart: Int, milliseconds: ClosedRange<Int>
    ) -> [Spell] {
        let end = faultsEndNanoseconds
        let count = max(draw.number(0...(2 * max(seconds / secondsApart, 1))), 1)
        var spells: [Spell] = []
        for _ in 0..<count {
            let start = draw.bits() % end
            let length = draw.milliseconds(milliseconds)
            let everybody = draw.oneIn(4)
            let one = draw.number(0...(players.count - 1))
            spells.append(
                Spell(
                    start: start, end: min(start + length, end),
                    players: everybody ? Array(players.indices) : [one]))
        }
        return spells
    }

    private mutating func add(_ nanoseconds: UInt64, _ action: FaultAction) {
        actions.append(PlannedAction(nanoseconds: nanoseconds, action: action))
    }

    // MARK: Ways

    private mutating func drawWays() {
        drawWay(.latency, always: 2, none: .latency(nanoseconds: 0)) { draw in
            .latency(nanoseconds: draw.milliseconds(draw.oneIn(8) ? 300...1_500 : 5...300))
        }
        drawWay(.jitter, always: 2, none: .jitter(nanoseconds: 0)) { draw in
            .jitter(nanoseconds: draw.milliseconds(1...200))
        }
        drawWay(.bandwidth, always: 6, none: .bytesPerSecond(0)) { draw in
            .bytesPerSecond(UInt64(draw.one(of: [3_000, 8_000, 20_000, 64_000])))
        }
        drawWay(.stalls, always: 3, none: .stalls(perMillion: 0, nanoseconds: 0)) { draw in
            .stalls(
                perMillion: UInt64(draw.one(of: [2_000, 10_000, 50_000])),
                nanoseconds: draw.milliseconds(50...800))
        }
        drawWay(.segmentation, always: 2, none: .pieces(byteCountMax: 0)) { draw in
            .pieces(byteCountMax: draw.one(of: [1, 2, 7, 97, 1_400]))
        }
        drawWay(.smallBuffers, always: 2, none: .buffer(byteCount: 256 * 1024)) { draw in
            .buffer(byteCount: draw.one(of: [512, 2_048, 8_192, 32_768]))
        }
    }

    /// Changes ways: for one player in `always` all the time, and for others in spells.
    private mutating func drawWay(
        _ kind: FaultKind, always: Int, none: WayChange, _ change: (inout Draw) -> WayChange
    ) {
        guard has(kind) else { return }
        var draw = draw(kind)
        for player in players.indices where draw.oneIn(always) {
            add(0, .way(player: player, change(&draw)))
        }
        for spell in spells(&draw, secondsApart: 10, milliseconds: 200...15_000) {
            for player in spell.players {
                add(spell.start, .way(player: player, change(&draw)))
                add(spell.end, .way(player: player, none))
            }
        }
    }

    // MARK: Readers

    private mutating func drawReaders() {
        if has(.slowReader) {
            var draw = draw(.slowReader)
            for spell in spells(&draw, secondsApart: 15, milliseconds: 500...12_000) {
                let pause = draw.milliseconds(40...700)
                for player in spell.players {
                    var at = spell.start
                    while at < spell.end {
                        add(at, .clientReads(player: player, false))
                        add(min(at + pause, spell.end), .clientReads(player: player, true))
                        at += pause + 4_000_000
                    }
                }
            }
        }
        if has(.deadReader) {
            var draw = draw(.deadReader)
            for spell in spells(&draw, secondsApart: 20, milliseconds: 500...20_000) {
                for player in spell.players {
                    add(spell.start, .clientReads(player: player, false))
                    add(spell.end, .clientReads(player: player, true))
                }
            }
        }
        if has(.heldUplink) {
            var draw = draw(.heldUplink)
            for spell in spells(&draw, secondsApart: 15, milliseconds: 100...20_000) {
                for player in spell.players {
                    add(spell.start, .serverReads(player: player, false))
                    add(spell.end, .serverReads(player: player, true))
                }
            }
        }
        guard has(.slowHandshake) else { return }
        var draw = draw(.slowHandshake)
        for spell in spells(&draw, secondsApart: 10, milliseconds: 1_000...20_000) {
            for player in spell.players {
                add(
                    spell.start,
                    .slowHandshake(player: player, nanoseconds: draw.milliseconds(500...12_000)))
                add(spell.end, .slowHandshake(player: player, nanoseconds: 0))
            }
        }
    }

    // MARK: Breaks

    private mutating func drawBreaks() {
        if has(.halfClose) {
            var draw = draw(.halfClose)
            for spell in spells(&draw, secondsApart: 15, milliseconds: 1...2) {
                for player in spell.players {
                    add(spell.start, .halfClose(player: player, fromClient: draw.oneIn(2)))
                }
            }
        }
        if has(.reset) {
            var draw = draw(.reset)
            for spell in spells(&draw, secondsApart: 10, milliseconds: 1...2) {
                for player in spell.players { add(spell.start, .reset(player: player)) }
            }
            for spell in spells(&draw, secondsApart: 30, milliseconds: 500...8_000) {
                let perMillion = UInt64(draw.one(of: [500, 5_000, 50_000]))
                for player in spell.players {
                    add(spell.start, .way(player: player, .resets(perMillion: perMillion)))
                    add(spell.end, .way(player: player, .resets(perMillion: 0)))
                }
            }
        }
        if has(.silentCut) {
            var draw = draw(.silentCut)
            for spell in spells(&draw, secondsApart: 15, milliseconds: 1...2) {
                for player in spell.players { add(spell.start, .cut(player: player)) }
            }
        }
        guard has(.notListening) else { return }
        var draw = draw(.notListening)
        for spell in spells(&draw, secondsApart: 20, milliseconds: 200...10_000) {
            add(spell.start, .listens(false))
            add(spell.end, .listens(true))
        }
    }

    // MARK: Hosts

    private mutating func drawHosts() {
        if has(.serverStall) {
            var draw = draw(.serverStall)
            for spell in spells(&draw, secondsApart: 6, milliseconds: 20...1_500) {
                add(spell.start, .stallServer(nanoseconds: spell.end - spell.start))
            }
        }
        if has(.serverRestart) {
            var draw = draw(.serverRestart)
            add(draw.bits() % faultsEndNanoseconds, .restartServer)
            if draw.oneIn(3) { add(draw.bits() % faultsEndNanoseconds, .restartServer) }
        }
        if has(.clientStall) {
            var draw = draw(.clientStall)
            for spell in spells(&draw, secondsApart: 8, milliseconds: 30...20_000) {
                for player in spell.players {
                    add(
                        spell.start,
                        .stallClient(player: player, nanoseconds: spell.end - spell.start))
                }
            }
        }
        if has(.clockJump) {
            var draw = draw(.clockJump)
            for spell in spells(&draw, secondsApart: 20, milliseconds: 1...2) {
                let jump = draw.milliseconds(draw.oneIn(4) ? 2_000...600_000 : 1...2_000)
                for player in spell.players {
                    add(spell.start, .jumpClock(player: player, nanoseconds: jump))
                }
            }
        }
        for (kind, withToken) in [
            (FaultKind.restartWithToken, true), (.restartWithoutToken, false),
        ] where has(kind) {
            var draw = draw(kind)
            for spell in spells(&draw, secondsApart: 12, milliseconds: 1...2) {
                for player in spell.players {
                    add(spell.start, .restart(player: player, withToken: withToken))
                }
            }
        }
    }

    // MARK: Coming and going

    private mutating func drawMoves() {
        if has(.comingAndGoing) {
            var draw = draw(.comingAndGoing)
            for spell in spells(&draw, secondsApart: 6, milliseconds: 1...8_000) {
                for player in spell.players {
                    add(spell.start, .leave(player: player))
                    add(spell.end, .enter(player: player))
                }
            }
        }
        guard has(.kicks) else { return }
        var draw = draw(.kicks)
        for spell in spells(&draw, secondsApart: 15, milliseconds: 500...6_000) {
            for player in spell.players {
                add(spell.start, .kick(player: player))
                add(spell.end, .enter(player: player))
            }
        }
    }
}
