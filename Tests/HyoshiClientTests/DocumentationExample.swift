import Arena
import HyoshiClient

// What stands between the marks is what docs/client.md shows.
// example begins
/// Flies in circles and shoots until the room is lost for good.
func fly(url: String, frames: Int, draw: (Ship, Bool) -> Void) async throws {
    let client = try HyoshiClient<Arena>(arena, url: url, name: "Zoë")
    let log = Task {
        for await event in client.events {
            switch event {
            case .disconnected(let error, let wait): print("\(error); again in \(wait)")
            case .message(let message): print("\(message.payload)")
            default: break
            }
        }
    }
    try await client.join()
    try await client.send("hello")
    for frame in 0..<frames {
        var input = Arena.Input()
        input.steer = 1 | 4
        input.fire = frame % 20 == 0 ? 1 : 0
        client.input(input)
        let view = client.view()
        for ship in view.all(Ship.self) { draw(ship.value, ship.isOwn) }
        for change in view.changes(Shot.self) where change.what == .appeared { print("bang") }
        try await Task.sleep(for: .milliseconds(16))
    }
    await client.leave()
    await log.value
}
// example ends
