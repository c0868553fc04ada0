// What all modules have: how a page hands in and reads what is more than a number.

import ClientCore
import Hyoshi

/// Raised with every change of what is exported.
private let exportsVersion: Int32 = 2

/// Where the page writes what it hands in.
nonisolated(unsafe) var input: [UInt8] = []
/// Where the page reads text and tables of numbers.
nonisolated(unsafe) var output: [UInt8] = []
nonisolated(unsafe) var table: [Int32] = []
nonisolated(unsafe) var numbers: [Double] = []

@_expose(wasm, "hyoshi_version") @_cdecl("hyoshi_version")
func version() -> Int32 { exportsVersion }

/// Makes room for `count` bytes from the page and says where.
@_expose(wasm, "hyoshi_input") @_cdecl("hyoshi_input")
func inputAddress(_ count: Int32) -> Int32 {
    if input.count < Int(count) {
        input.append(contentsOf: repeatElement(0, count: Int(count) - input.count))
    }
    return address(of: input)
}

@_expose(wasm, "hyoshi_output") @_cdecl("hyoshi_output")
func outputAddress() -> Int32 { address(of: output) }

/// Where an array's elements are: valid until it is written again, and so read at once.
func address<Element>(of array: [Element]) -> Int32 {
    array.withUnsafeBufferPointer { Int32(truncatingIfNeeded: Int(bitPattern: $0.baseAddress)) }
}

/// Puts text where the page reads it; returns its length.
func answer(_ bytes: [UInt8]) -> Int32 {
    output = bytes
    return Int32(truncatingIfNeeded: bytes.count)
}

func answer(_ text: StaticString) -> Int32 {
    output.removeAll(keepingCapacity: true)
    text.withUTF8Buffer { output.append(contentsOf: $0) }
    return Int32(truncatingIfNeeded: output.count)
}

/// Kinds, where the two ticks are, and for each kind: count, width, ids, values, flags.
func begin(kindCount: Int, predictedTick: Double, _ remoteTick: Double) {
    numbers.removeAll(keepingCapacity: true)
    numbers.append(predictedTick)
    numbers.append(remoteTick)
    table.removeAll(keepingCapacity: true)
    table.append(Int32(truncatingIfNeeded: kindCount))
    table.append(address(of: numbers))
}

func add(_ ids: [UInt32], _ values: [Double], _ flags: [UInt8], width: Int) {
    table.append(Int32(truncatingIfNeeded: ids.count))
    table.append(Int32(truncatingIfNeeded: width))
    table.append(address(of: ids))
    table.append(address(of: values))
    table.append(address(of: flags))
}

/// Changes: how many, where their values are, and for each what, kind, id, field, and where in the
/// values it begins.
///
/// From and to are there before its row. At last comes where the values end.
func address(ofChanges changes: [ClientView.Change], _ values: [Double]) -> Int32 {
    table.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    table.append(Int32(truncatingIfNeeded: changes.count))
    table.append(0)
    for (position, change) in changes.enumerated() {
        table.append(Int32(change.event.rawValue))
        table.append(Int32(truncatingIfNeeded: change.kind))
        table.append(Int32(bitPattern: change.id))
        table.append(Int32(truncatingIfNeeded: change.field))
        table.append(Int32(truncatingIfNeeded: numbers.count))
        numbers.append(change.from)
        numbers.append(change.to)
        // A thing of a world that is gone may have had other fields than its kind has now.
        let isLast = position + 1 == changes.count
        let end = isLast ? values.count : changes[position + 1].valuesStart
        numbers.append(contentsOf: values[change.valuesStart..<end])
    }
    table.append(Int32(truncatingIfNeeded: numbers.count))
    table[1] = address(of: numbers)
    return address(of: table)
}

/// The name of the game in the output; 0 where the module has none.
@_expose(wasm, "hyoshi_game_name") @_cdecl("hyoshi_game_name")
func gameName() -> Int32 {
    guard let game = webGame else { return 0 }
    let name = game.name.utf8.span
    output.removeAll(keepingCapacity: true)
    for index in name.indices { output.append(name[index]) }
    return Int32(truncatingIfNeeded: output.count)
}
