/// Why a client cannot connect, play on, or deliver a message.
public struct HyoshiClientError: Error, CustomStringConvertible, Sendable, Hashable {
    /// What kind of trouble it is; more kinds may come.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String

        private init(_ name: String) {
            self.name = name
        }

        /// The name of the code.
        public var description: String { name }

        /// The URL is none, or not one of a room.
        public static let invalidURL = Code("invalidURL")
        /// `wss://` or `https://`: this client has no TLS of its own.
        public static let tlsNotSupported = Code("tlsNotSupported")
        /// The host's name could not be resolved, or nothing answers there.
        public static let notReached = Code("notReached")
        /// The server answered the request with an HTTP status such as 403 or 404.
        public static let refused = Code("refused")
        /// What answers is no Hyoshi server, or broke the protocol.
        public static let notHyoshi = Code("notHyoshi")
        /// The room's game is another one, or another version of it, than this client's.
        public static let otherGame = Code("otherGame")
        /// The connection was lost or fell silent.
        public static let lost = Code("lost")
        /// The server closed the connection; ``HyoshiClientError/closeCode`` says why.
        public static let closed = Code("closed")
        /// The former seat is gone: the client has joined as a newcomer, or not at all.
        public static let seatLost = Code("seatLost")
        /// It has not happened in the time that was given.
        public static let timedOut = Code("timedOut")
        /// The message has more than 512 bytes.
        public static let messageTooLong = Code("messageTooLong")
        /// 32 messages wait to be taken by the server already.
        public static let tooManyMessages = Code("tooManyMessages")
        /// The room has not been joined yet.
        public static let notJoined = Code("notJoined")
        /// This client has left the room.
        public static let left = Code("left")
        /// The task was cancelled.
        public static let cancelled = Code("cancelled")
        /// The operating system refused a thread or a descriptor.
        public static let system = Code("system")
    }

    /// What kind of trouble it is.
    public let code: Code
    /// What has happened, and where it helps, what to do; for people.
    public let message: String
    /// The WebSocket close code (docs/protocol.md, 11), where the server sent one.
    public let closeCode: UInt16?

    init(_ code: Code, _ message: String, closeCode: UInt16? = nil) {
        self.code = code
        self.message = message
        self.closeCode = closeCode
    }

    /// One line for people.
    public var description: String { message }
}
