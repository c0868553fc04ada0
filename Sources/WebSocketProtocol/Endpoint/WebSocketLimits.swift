/// The bounds of one WebSocket connection: all finite, judged before memory is taken.
package struct WebSocketLimits: Sendable, Equatable {
    /// Largest message, in bytes after decompression; 16 KiB.
    ///
    /// Bounds the memory that a peer can make a connection hold. Beyond it: close 1009.
    package var messageByteCountMax = 16 * 1024

    /// Largest payload of a frame, in bytes on the wire; 16 KiB.
    ///
    /// An eighth more where the frame is compressed, since incompressible bytes grow. Judged from
    /// the header alone. Beyond it: close 1009.
    package var frameByteCountMax = 16 * 1024

    /// Most frames in one message, empty ones included; 64.
    ///
    /// Beyond it: close 1008.
    package var fragmentsMax = 64

    /// Control frames that a peer may send each second; 20.
    ///
    /// Beyond it: close 1008.
    package var controlFramesPerSecond = 20

    /// Control frames that a peer may send at once after a silence; 40.
    package var controlFramesBurst = 40

    /// How many unanswered pings are remembered; 1.
    ///
    /// Where more arrive between two flushes only the newest are answered, as RFC 6455 §5.5.3
    /// allows. Each holds up to 126 bytes until the flush.
    package var pendingPongsMax = 1

    /// Time from the first byte of a message to its last, in nanoseconds; 10 s.
    ///
    /// Beyond it: close 1008.
    package var messageAssemblyNanoseconds: UInt64 = 10_000_000_000

    /// Time that the peer has to answer our Close, in nanoseconds; 2 s.
    ///
    /// Beyond it the transport is dropped.
    package var closingHandshakeNanoseconds: UInt64 = 2_000_000_000

    /// Bytes that a peer may make us inflate each second; 512 KiB.
    ///
    /// As many at once after a silence, or one whole message where that is larger. At most 2³⁰.
    /// Beyond it: close 1008.
    package var inflatedBytesPerSecondMax = 512 * 1024

    /// Makes the default limits, those of a game server.
    package init() {}

    /// Limits for conformance suites, which send 16 MiB messages and 65,536 fragments.
    ///
    /// A connection may hold 32 MiB with these; not for the open internet.
    package static let conformance: WebSocketLimits = {
        var limits = WebSocketLimits()
        limits.messageByteCountMax = 32 * 1024 * 1024
        limits.frameByteCountMax = 32 * 1024 * 1024
        limits.fragmentsMax = 70_000
        limits.controlFramesPerSecond = 100_000
        limits.controlFramesBurst = 100_000
        limits.pendingPongsMax = 64
        limits.messageAssemblyNanoseconds = 120_000_000_000
        limits.closingHandshakeNanoseconds = 5_000_000_000
        limits.inflatedBytesPerSecondMax = 1 << 30
        return limits
    }()
}
