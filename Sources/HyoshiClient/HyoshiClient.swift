import ClientCore
import ClientSession
public import Hyoshi
import Synchronization

/// A player's or spectator's place in a room of a server, with the game's own types.
///
/// ```swift
/// let client = try HyoshiClient<Arena>(arena, url: "ws://127.0.0.1:8080/rooms/lobby", name: "Zoë")
/// try await client.join()
/// while isRunning {                                        // once for each displayed frame
///     client.input(Arena.Input(steer: 1, fire: 0))
///     for ship in client.view().all(Ship.self) { draw(ship.value) }
/// }
/// await client.leave()
/// ```
///
/// A lost connection is made again by itself: after 1 s, 2 s, 4 s … 30 s, each times a random
/// number from 0.5 to 1, and the seat is resumed where the server still holds it. The player's own
/// entities are predicted with the very step of the server; others' are interpolated.
///
/// **Threads.** Every method can be called from any thread or task. A client has one thread of its
/// own for the socket; what it shares with callers stands behind one lock that is held for the
/// handling of one message or view. Nothing but the `async` methods waits. Call ``view(at:)`` from
/// one place, because what has changed is told once. A client that is let go leaves its room.
public final class HyoshiClient<Rules: Simulation>: Sendable {
    /// What happens, in order; for one reader, and finished by ``ClientEvent/ended(_:)``.
    ///
    /// A stream and not callbacks, so that no code of the game ever runs on the client's thread.
    /// It keeps the newest 1,024 events that were not read; what it lets go is counted in
    /// ``ConnectionStatistics/eventsDropped``.
    public let events: AsyncStream<ClientEvent>

    private let connection: ClientConnection

    /// Prepares a client; nothing is connected yet.
    ///
    /// - Parameters:
    ///   - game: The game of `Rules`, as its module declares it: `let arena = Game(Arena.self)`.
    ///   - url: `ws://host[:port]/rooms/name`; without a path the room `lobby`. A name is looked up
    ///     anew for each attempt to connect. `wss://` is refused: see docs/client.md.
    ///   - host: The Host field, where the URL leads to a program in between, such as one for TLS;
    ///     nil for the URL's own.
    ///   - name: The player's name, at most 24 characters and 96 bytes.
    ///   - spectates: Whether to watch without a seat.
    ///   - predicts: Whether own entities are predicted; otherwise all are interpolated.
    /// - Throws: ``HyoshiClientError`` with code `invalidURL`, `tlsNotSupported`, `otherGame` or
    ///   `system`.
    public init(
        _ game: Game, url: String, host: String? = nil, name: String = "",
        spectates: Bool = false, predicts: Bool = true
    ) throws(HyoshiClientError) {
        let expected = Rules.name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        guard game.name == expected else {
            throw HyoshiClientError(
                .otherGame, "the game is \"\(game.name)\", but the types are of \"\(expected)\"")
        }
        let address = try ServerAddress(url, host: host, game: game.name)
        let (events, continuation) = AsyncStream.makeStream(
            of: ClientEvent.self, bufferingPolicy: .bufferingNewest(1_024))
        self.events = events
        connection = try ClientConnection(
            ClientOrder(
                game: game, address: address, name: name, spectates: spectates,
                predicts: predicts && !spectates), events: continuation)
    }

    deinit {
        connection.stop()
    }

    // MARK: Joining and leaving

    /// Starts to connect, and goes on in the background until ``leave()``.
    ///
    /// For loops without tasks; ``join(within:)`` does it too. A second call does nothing.
    public func start() {
        connection.start()
    }

    /// Connects and joins the room.
    ///
    /// A server that cannot be reached is tried again, as after a lost connection, until the time
    /// is over; then the client has ended.
    /// - Returns: The seat; nil for a spectator.
    /// - Throws: Why it has not come to that, or `cancelled`.
    @discardableResult
    public func join(
        within duration: Duration = .seconds(10)
    ) async throws(HyoshiClientError) -> SeatIndex? {
        try await connection.join(within: duration).get()
    }

    /// Gives the seat up and closes the connection; returns when that is done, within 2 s.
    ///
    /// The client has ended then; for another room or time make another one.
    public func leave() async {
        connection.stop()
        await connection.waitForEnd()
    }

    // MARK: Playing

    /// Sets what the player wants, from now on until the next call.
    ///
    /// Call it for each displayed frame or when something changes. It becomes the command of the
    /// present tick where that has none yet, else of the next; flags that are set for a moment only
    /// count once all the same.
    @inlinable
    public func input(_ input: Rules.Input) {
        var reader = InputReader()
        var copy = input
        copy.fields(&reader)
        setInput(reader.numbers)
    }

    @usableFromInline
    func setInput(_ numbers: [Int32]) {
        let now = connection.now
        let hasOutput = connection.engine.withLock { $0.setInput(numbers, now: now) }
        if hasOutput { connection.wake() }
    }

    /// What is to be drawn at an instant, the present one unless a display says otherwise.
    ///
    /// Instants must not go back: an earlier one is taken as the last, and one that is more than a
    /// quarter of a second away as that far. Empty before the first snapshot. Costs some microseconds, and after a correction the ticks that are made again.
    public func view(at instant: ContinuousClock.Instant = .now) -> GameView<Rules> {
        let latest = connection.deadline(in: .milliseconds(250))
        let instant = min(connection.instant(of: instant), latest)
        return connection.engine.withLock { $0.view(at: instant) }
    }

    /// Switches the prediction of own entities on or off, for a comparison.
    public func setPrediction(_ isOn: Bool) {
        connection.engine.withLock { $0.session.setPrediction(isOn) }
    }

    // MARK: Messages

    /// Sends a text to the room or to one seat, and waits until the server has taken it.
    ///
    /// It is sent again after 1 s without an answer and after a resumed seat, and it is delivered
    /// once and in order. The server takes 5 a second, after a silence 10 at once.
    /// - Parameters:
    ///   - text: At most 512 bytes of UTF-8.
    ///   - seat: The receiver; nil for everyone, the sender too.
    ///   - duration: How long to wait. After `timedOut` or `cancelled` the message may still arrive.
    /// - Throws: `timedOut`, `cancelled`, `seatLost`, `notJoined`, `messageTooLong`,
    ///   `tooManyMessages`, or why the client has ended.
    public func send(
        _ text: String, to seat: SeatIndex? = nil, within duration: Duration = .seconds(10)
    ) async throws(HyoshiClientError) {
        try await connection.send(.text(text), to: seat, within: duration).get()
    }

    /// Sends bytes to the room or to one seat, like ``send(_:to:within:)`` with a text.
    public func send(
        bytes: [UInt8], to seat: SeatIndex? = nil, within duration: Duration = .seconds(10)
    ) async throws(HyoshiClientError) {
        try await connection.send(.bytes(bytes), to: seat, within: duration).get()
    }

    // MARK: The state of things

    /// The player's seat; nil for a spectator and before the room is joined.
    public var seat: SeatIndex? {
        connection.engine.withLock { $0.session.room.seat }
    }

    /// Who is in the room, as far as the server has told.
    public var players: [Player] {
        connection.engine.withLock { $0.players }
    }

    /// How well the connection and the prediction do.
    public var statistics: ConnectionStatistics {
        let now = connection.now
        return connection.engine.withLock { $0.statistics(now: now) }
    }
}
