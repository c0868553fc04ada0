// What a page can call. hyoshi.js is the only caller, and checks the version first.

import ClientCore
import GameProtocol
import Hyoshi
import Replication
import TransportInterface
import WebCore

/// All state: the module runs on one thread.
nonisolated(unsafe) private var rooms: [WebRoom?] = []
nonisolated(unsafe) private var world: WebWorld?
private func instant(_ milliseconds: Double) -> MonotonicInstant {
    // A page's clock starts near zero; whatever else it says must not trap.
    guard milliseconds > 0, milliseconds < 1e12 else { return MonotonicInstant(nanoseconds: 0) }
    return MonotonicInstant(nanoseconds: UInt64(milliseconds * 1e6))
}

private func room(_ handle: Int32) -> WebRoom? {
    rooms.indices.contains(Int(handle)) ? rooms[Int(handle)] : nil
}

// MARK: Rooms

/// The input holds the name, then the resumption; returns a handle.
@_expose(wasm, "hyoshi_room_make") @_cdecl("hyoshi_room_make")
func roomMake(_ nameCount: Int32, _ resumptionCount: Int32, _ spectates: Int32) -> Int32 {
    let nameEnd = Int(nameCount)
    let end = nameEnd + Int(resumptionCount)
    guard nameEnd >= 0, end >= nameEnd, end <= input.count else { return -1 }
    let name = String(decoding: input[0..<nameEnd], as: UTF8.self)
    let made = WebRoom(
        game: webGame, name: name, role: spectates != 0 ? .spectate : .play,
        resumption: SeatResumption(input.span.extracting(nameEnd..<end)))
    let free = rooms.firstIndex { $0 == nil }
    if let free { rooms[free] = made } else { rooms.append(made) }
    return Int32(truncatingIfNeeded: free ?? rooms.count - 1)
}

@_expose(wasm, "hyoshi_room_free") @_cdecl("hyoshi_room_free")
func roomFree(_ handle: Int32) {
    if rooms.indices.contains(Int(handle)) { rooms[Int(handle)] = nil }
}

@_expose(wasm, "hyoshi_room_opened") @_cdecl("hyoshi_room_opened")
func roomOpened(_ handle: Int32, _ now: Double) { room(handle)?.opened(now: instant(now)) }

@_expose(wasm, "hyoshi_room_closed") @_cdecl("hyoshi_room_closed")
func roomClosed(_ handle: Int32, _ isFinal: Int32) {
    room(handle)?.closed(isFinal: isFinal != 0)
}

@_expose(wasm, "hyoshi_room_leave") @_cdecl("hyoshi_room_leave")
func roomLeave(_ handle: Int32) { room(handle)?.leave() }

/// Takes the message in the input; returns the outcome's number in `OUTCOMES` of hyoshi.js, or −1
/// and the reason in the output: `hyoshi_room_error`.
@_expose(wasm, "hyoshi_room_receive") @_cdecl("hyoshi_room_receive")
func roomReceive(_ handle: Int32, _ count: Int32, _ now: Double) -> Int32 {
    guard let room = room(handle), count >= 0, Int(count) <= input.count,
        let outcome = room.received(input.span.extracting(0..<Int(count)), now: instant(now))
    else { return -1 }
    switch outcome {
    case .ignored: return 0
    case .welcomed(let isResumed): return isResumed ? 2 : 1
    case .snapshot: return 3
    case .undecodable: return 4
    case .roster: return 5
    case .event: return 6
    case .repeatedEvent: return 7
    case .acknowledged: return 8
    case .pong: return 9
    case .counters: return 10
    case .desynchronized: return 11
    case .desync: return 12
    }
}

@_expose(wasm, "hyoshi_room_error") @_cdecl("hyoshi_room_error")
func roomError(_ handle: Int32) -> Int32 { answer(room(handle)?.error ?? "no such room") }

/// The event of the last message: id, sender or −1, scope, whether text, start, count.
@_expose(wasm, "hyoshi_room_event") @_cdecl("hyoshi_room_event")
func roomEvent(_ handle: Int32) -> Int32 {
    table.removeAll(keepingCapacity: true)
    guard let event = room(handle)?.event else { return 0 }
    table.append(Int32(bitPattern: event.id))
    table.append(event.sender.map { Int32($0.rawValue) } ?? -1)
    table.append(Int32(event.scope.rawValue))
    table.append(event.payload.isText ? 1 : 0)
    table.append(Int32(truncatingIfNeeded: event.payload.range.lowerBound))
    table.append(Int32(truncatingIfNeeded: event.payload.range.count))
    return address(of: table)
}

/// The input holds the numbers; 1 where a command was made.
@_expose(wasm, "hyoshi_room_command") @_cdecl("hyoshi_room_command")
func roomCommand(_ handle: Int32, _ count: Int32, _ now: Double) -> Int32 {
    guard let room = room(handle) else { return 0 }
    return room.command(words(count), now: instant(now)) ? 1 : 0
}

/// The first `count` 32-bit numbers of the input.
private func words(_ count: Int32) -> [Int32] {
    var words: [Int32] = []
    for index in 0..<max(0, min(Int(count), input.count / 4)) {
        var word: UInt32 = 0
        for byte in 0..<4 { word |= UInt32(input[4 * index + byte]) << UInt32(8 * byte) }
        words.append(Int32(bitPattern: word))
    }
    return words
}

/// What is to be sent: the number of messages, where their bytes are, and then where each ends.
@_expose(wasm, "hyoshi_room_outgoing") @_cdecl("hyoshi_room_outgoing")
func roomOutgoing(_ handle: Int32, _ now: Double) -> Int32 {
    table.removeAll(keepingCapacity: true)
    guard let room = room(handle) else { return 0 }
    table.append(Int32(truncatingIfNeeded: room.poll(now: instant(now))))
    table.append(address(of: room.outgoing))
    table.append(contentsOf: room.outgoingEnds)
    return address(of: table)
}

/// The messages have been taken.
@_expose(wasm, "hyoshi_room_taken") @_cdecl("hyoshi_room_taken")
func roomTaken(_ handle: Int32) { room(handle)?.removeOutgoing() }

/// The input holds the payload; `seat` is −1 for the whole room.
///
/// Returns the event's id, or 0.
@_expose(wasm, "hyoshi_room_send") @_cdecl("hyoshi_room_send")
func roomSend(
    _ handle: Int32, _ count: Int32, _ isText: Int32, _ seat: Int32
) -> Int32 {
    guard let room = room(handle), count >= 0, Int(count) <= input.count else { return 0 }
    let target = SeatIndex(Int(seat))
    guard seat < 0 || target != nil else { return 0 }
    let id = room.send(
        Array(input[0..<Int(count)]), isText: isText != 0, to: target)
    return Int32(bitPattern: id ?? 0)
}

// MARK: What is shown

/// The view at `now`: 0 before the first snapshot, otherwise where it is; see `View` in hyoshi.js.
@_expose(wasm, "hyoshi_room_view") @_cdecl("hyoshi_room_view")
func roomView(_ handle: Int32, _ now: Double) -> Int32 {
    guard let room = room(handle), room.updateView(now: instant(now)) else { return 0 }
    let view = room.view
    begin(kindCount: view.kinds.count, predictedTick: view.predictedTick, view.remoteTick)
    for kind in view.kinds { add(kind.ids, kind.values, kind.flags, width: kind.fieldCount) }
    return address(of: table)
}

/// The newest snapshot, in the form of the view.
@_expose(wasm, "hyoshi_room_ghosts") @_cdecl("hyoshi_room_ghosts")
func roomGhosts(_ handle: Int32) -> Int32 {
    guard let room = room(handle), room.updateGhosts() else { return 0 }
    let ghosts = room.ghosts
    begin(kindCount: ghosts.kinds.count, predictedTick: ghosts.tick, ghosts.tick)
    for kind in ghosts.kinds { add(kind.ids, kind.values, kind.flags, width: kind.fieldCount) }
    return address(of: table)
}

/// What became different with the last view: how many, where their values are, and for each what,
/// kind, id, field, and where in the values it begins.
///
/// From and to are there before its row. At last comes where the values end.
@_expose(wasm, "hyoshi_room_changes") @_cdecl("hyoshi_room_changes")
func roomChanges(_ handle: Int32) -> Int32 {
    guard let view = room(handle)?.view else { return 0 }
    return address(ofChanges: view.changes, view.changeValues)
}

@_expose(wasm, "hyoshi_room_predict") @_cdecl("hyoshi_room_predict")
func roomPredict(_ handle: Int32, _ isOn: Int32) { room(handle)?.setPrediction(isOn != 0) }

/// The numbers in the order of `STATISTICS` in hyoshi.js.
@_expose(wasm, "hyoshi_room_statistics") @_cdecl("hyoshi_room_statistics")
func roomStatistics(_ handle: Int32, _ now: Double) -> Int32 {
    guard let room = room(handle) else { return 0 }
    room.writeStatistics(now: instant(now), into: &numbers)
    return address(of: numbers)
}

/// JSON in the output: 0 the welcome, 1 the roster.
///
/// Returns its length; 0 where there is none.
@_expose(wasm, "hyoshi_room_text") @_cdecl("hyoshi_room_text")
func roomText(_ handle: Int32, _ which: Int32) -> Int32 {
    guard let room = room(handle), let welcome = room.welcome else { return 0 }
    return answer(which == 0 ? JSONText.welcome(welcome) : JSONText.roster(room.roster))
}

/// The resumption in the output; 0 where there is none.
@_expose(wasm, "hyoshi_room_resumption") @_cdecl("hyoshi_room_resumption")
func roomResumption(_ handle: Int32) -> Int32 {
    guard let resumption = room(handle)?.resumption else { return 0 }
    return answer(resumption.bytes)
}

// MARK: A world without a server

/// Builds the module's one world by itself; 0 where the module has no game.
@_expose(wasm, "hyoshi_world_make") @_cdecl("hyoshi_world_make")
func worldMake(_ low: Int32, _ high: Int32) -> Int32 {
    guard let game = webGame else { return 0 }
    let seed = UInt64(UInt32(bitPattern: high)) << 32 | UInt64(UInt32(bitPattern: low))
    world = WebWorld(game: game, seed: seed)
    return 1
}

@_expose(wasm, "hyoshi_world_join") @_cdecl("hyoshi_world_join")
func worldJoin(_ seat: Int32) { world?.join(Int(seat)) }

@_expose(wasm, "hyoshi_world_leave") @_cdecl("hyoshi_world_leave")
func worldLeave(_ seat: Int32) { world?.leave(Int(seat)) }

/// The input holds the numbers.
@_expose(wasm, "hyoshi_world_input") @_cdecl("hyoshi_world_input")
func worldInput(_ seat: Int32, _ count: Int32) {
    world?.setInput(of: Int(seat), to: words(count))
}

@_expose(wasm, "hyoshi_world_restore") @_cdecl("hyoshi_world_restore")
func worldRestore() { world?.restore() }

/// Makes `count` ticks.
@_expose(wasm, "hyoshi_world_step") @_cdecl("hyoshi_world_step")
func worldStep(_ count: Int32) {
    for _ in 0..<max(0, count) { world?.step() }
}

@_expose(wasm, "hyoshi_world_hash_low") @_cdecl("hyoshi_world_hash_low")
func worldHashLow() -> Int32 { Int32(truncatingIfNeeded: world?.stateHash ?? 0) }

@_expose(wasm, "hyoshi_world_hash_high") @_cdecl("hyoshi_world_hash_high")
func worldHashHigh() -> Int32 { Int32(truncatingIfNeeded: (world?.stateHash ?? 0) >> 32) }
