/// Which side of a WebSocket connection an endpoint is.
///
/// RFC 6455 §5.1: a client masks every frame that it sends, a server masks none.
package enum Role: Sendable, Equatable {
    /// Accepts connections; receives masked frames and sends unmasked ones.
    case server
    /// Opens connections; receives unmasked frames and sends masked ones.
    case client
}
