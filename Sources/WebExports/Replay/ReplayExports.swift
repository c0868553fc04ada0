// What a page with a recording can call. replay.js is the only caller, and checks the version first.

import ClientCore
import GameProtocol
import Hyoshi
import Recording
import WebCore

/// All state: the module runs on one thread and plays one recording.
nonisolated(unsafe) private var replay: WebReplay?
nonisolated(unsafe) private var stream = BorrowedReading.Stream()

// MARK: Reading

/// The input holds the file; 0, or the length of a sentence in the output that says why it is
/// refused.
@_expose(wasm, "hyoshi_replay_open") @_cdecl("hyoshi_replay_open")
func replayOpen(_ count: Int32) -> Int32 {
    replay = nil
    guard count >= 0, Int(count) <= input.count else { return answer("the file is cut off") }
    // The file is large: it is not copied, and the input starts anew.
    var bytes = input
    input = []
    bytes.removeLast(bytes.count - Int(count))
    do throws(RecordingError) {
        replay = try WebReplay(
            bytes, games: webGames, protocolVersion: ProtocolVersion.subprotocol)
        return 0
    } catch {
        return answer(Array(error.description.utf8))
    }
}

/// What is to be decompressed next: 0 once all has been read, otherwise where it is, how long, and
/// the most bytes that it may decompress to.
@_expose(wasm, "hyoshi_replay_stream") @_cdecl("hyoshi_replay_stream")
func replayStream() -> Int32 {
    guard let next = replay?.nextStream() else { return 0 }
    stream = next
    table.removeAll(keepingCapacity: true)
    table.append(address(of: stream.bytes))
    table.append(Int32(truncatingIfNeeded: stream.bytes.count))
    table.append(Int32(truncatingIfNeeded: stream.plainByteCountMax))
    return address(of: table)
}

/// The input holds what it decompresses to; −1 where it does not, or to more.
@_expose(wasm, "hyoshi_replay_take") @_cdecl("hyoshi_replay_take")
func replayTake(_ count: Int32) {
    stream = BorrowedReading.Stream()
    guard count >= 0, Int(count) <= input.count else {
        replay?.take(nil)
        return
    }
    replay?.take(Array(input[0..<Int(count)]))
}

/// The share of the file that has been read.
@_expose(wasm, "hyoshi_replay_progress") @_cdecl("hyoshi_replay_progress")
func replayProgress() -> Double { replay?.progress ?? 0 }

/// JSON in the output: 0 what the recording is, 1 where the replay differs.
///
/// Returns its length; 0 before all has been read.
@_expose(wasm, "hyoshi_replay_text") @_cdecl("hyoshi_replay_text")
func replayText(_ which: Int32) -> Int32 {
    guard let player = replay?.player, let verifier = replay?.verifier else { return 0 }
    return answer(which == 0 ? JSONText.recording(player) : JSONText.difference(verifier))
}

/// The marks from one on: how many, and for each what, tick, seat, and by how much.
@_expose(wasm, "hyoshi_replay_marks") @_cdecl("hyoshi_replay_marks")
func replayMarks(_ first: Int32) -> Int32 {
    table.removeAll(keepingCapacity: true)
    let marks = replay?.marks.marks ?? []
    let start = max(0, min(Int(first), marks.count))
    table.append(Int32(truncatingIfNeeded: marks.count - start))
    for mark in marks[start...] {
        table.append(Int32(mark.event.rawValue))
        table.append(Int32(bitPattern: mark.tick.rawValue))
        table.append(Int32(truncatingIfNeeded: mark.seat))
        table.append(mark.amount)
    }
    return address(of: table)
}

// MARK: Playing

/// Goes towards a tick, at most so many ticks; 1 once it is there.
@_expose(wasm, "hyoshi_replay_approach") @_cdecl("hyoshi_replay_approach")
func replayApproach(_ tick: Int32, _ ticksMax: Int32) -> Int32 {
    guard let replay else { return 1 }
    return replay.approach(
        Tick(UInt32(bitPattern: max(tick, 0))), ticksMax: Int(max(ticksMax, 1))) ? 1 : 0
}

/// The tick that was made last.
@_expose(wasm, "hyoshi_replay_tick") @_cdecl("hyoshi_replay_tick")
func replayTick() -> Int32 { Int32(bitPattern: replay?.player?.tick.rawValue ?? 0) }

/// The view a share of a tick after the last but one: where it is; see `View` in hyoshi.js.
@_expose(wasm, "hyoshi_replay_view") @_cdecl("hyoshi_replay_view")
func replayView(_ share: Double) -> Int32 {
    guard let replay, replay.player != nil else { return 0 }
    replay.show(share: share)
    let view = replay.view.shown
    begin(kindCount: view.kinds.count, predictedTick: view.tick, view.tick)
    for kind in view.kinds { add(kind.ids, kind.values, kind.flags, width: kind.fieldCount) }
    return address(of: table)
}

/// What has happened since this was called last.
@_expose(wasm, "hyoshi_replay_changes") @_cdecl("hyoshi_replay_changes")
func replayChanges() -> Int32 {
    guard let replay else { return 0 }
    let result = address(ofChanges: replay.view.changes, replay.view.changeValues)
    replay.removeChanges()
    return result
}

/// The seats that are taken, and what they want: the seats' number, and for each its number and the
/// wire numbers of its input.
@_expose(wasm, "hyoshi_replay_seats") @_cdecl("hyoshi_replay_seats")
func replaySeats() -> Int32 {
    table.removeAll(keepingCapacity: true)
    guard let player = replay?.player else { return 0 }
    let seats = player.seats
    let inputs = player.inputs
    let width = player.game.inputFields.count
    table.append(Int32(truncatingIfNeeded: seats.count))
    for seat in seats {
        table.append(Int32(seat.rawValue))
        for field in 0..<width { table.append(inputs[seat.index * width + field]) }
    }
    return address(of: table)
}

@_expose(wasm, "hyoshi_replay_hash_low") @_cdecl("hyoshi_replay_hash_low")
func replayHashLow() -> Int32 {
    Int32(truncatingIfNeeded: replay?.player?.instance.stateHash ?? 0)
}

@_expose(wasm, "hyoshi_replay_hash_high") @_cdecl("hyoshi_replay_hash_high")
func replayHashHigh() -> Int32 {
    Int32(truncatingIfNeeded: (replay?.player?.instance.stateHash ?? 0) >> 32)
}

// MARK: Comparing

/// Compares some more ticks; 1 while there are more.
@_expose(wasm, "hyoshi_replay_compare") @_cdecl("hyoshi_replay_compare")
func replayCompare(_ ticksMax: Int32) -> Int32 {
    (replay?.compare(ticksMax: Int(max(ticksMax, 1))) ?? false) ? 1 : 0
}

/// The last tick that was compared.
@_expose(wasm, "hyoshi_replay_compared") @_cdecl("hyoshi_replay_compared")
func replayCompared() -> Int32 {
    Int32(bitPattern: replay?.verifier?.player.tick.rawValue ?? 0)
}

/// The first tick that differs; −1 where none has been found.
@_expose(wasm, "hyoshi_replay_differs") @_cdecl("hyoshi_replay_differs")
func replayDiffers() -> Int32 {
    guard let difference = replay?.verifier?.difference else { return -1 }
    return Int32(bitPattern: difference.tick.rawValue)
}

/// The first tick with a full state that makes no sense; −1 where none has been found.
@_expose(wasm, "hyoshi_replay_senseless") @_cdecl("hyoshi_replay_senseless")
func replaySenseless() -> Int32 {
    guard let tick = replay?.verifier?.damagedStateTick else { return -1 }
    return Int32(bitPattern: tick.rawValue)
}
